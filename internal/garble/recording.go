package garble

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"kin/internal/local"
)

// Stream is the recorded stream, and Consumer is one of its consumers.
const (
	Stream   = "orders"
	ARN      = "arn:aws:kinesis:us-east-1:000000000000:stream/orders"
	Consumer = "dash"
)

// Recording contains answers of the embedded endpoint, by operation.
type Recording struct {
	answers map[string][][]byte
	at      time.Time // the endpoint's clock at the end
}

// next returns the recorded answer for a call. The number of the call selects one of the
// answers of its operation.
func (r *Recording) next(op string, call int) []byte {
	all := r.answers[op]
	if len(all) == 0 {
		return []byte("{}")
	}
	return all[call%len(all)]
}

// Record makes the calls of kin's commands to an embedded endpoint, and records the
// answers. The stream was split.
func Record(ctx context.Context) (*Recording, error) {
	e, err := local.New(local.Options{Streams: []local.StreamSpec{{Name: Stream, Shards: 2}}})
	if err != nil {
		return nil, err
	}
	r := &Recording{answers: map[string][][]byte{}}
	name := fmt.Sprintf(`"StreamName":%q`, Stream)
	var records []string
	for i := range 6 {
		records = append(records, fmt.Sprintf(`{"Data":"eyJhIjoxfQ==","PartitionKey":"k%d"}`, i))
	}
	for _, c := range []struct{ op, in string }{
		{"PutRecords", `{` + name + `,"Records":[` + strings.Join(records, ",") + `]}`},
		{"SplitShard", `{` + name + `,"ShardToSplit":"shardId-000000000001","NewStartingHashKey":"255211775190703847597530955573826158591"}`},
		{"ListStreams", `{}`},
		{"DescribeStreamSummary", `{` + name + `}`},
		{"RegisterStreamConsumer", fmt.Sprintf(`{"StreamARN":%q,"ConsumerName":%q}`, ARN, Consumer)},
	} {
		if err := r.call(ctx, e, c.op, c.in); err != nil {
			return nil, err
		}
	}
	e.Advance(time.Minute) // the split and the registration finish
	consumer := fmt.Sprintf(`{"StreamARN":%q,"ConsumerName":%q}`, ARN, Consumer)
	for _, c := range []struct{ op, in string }{
		{"ListShards", `{` + name + `}`},
		{"DescribeStreamConsumer", consumer},
		{"ListStreamConsumers", fmt.Sprintf(`{"StreamARN":%q}`, ARN)},
	} {
		if err := r.call(ctx, e, c.op, c.in); err != nil {
			return nil, err
		}
	}
	arn := field(r.answers["DescribeStreamConsumer"][0], "ConsumerARN")
	for shard := range 4 {
		id := fmt.Sprintf("shardId-%012d", shard)
		if err := r.call(ctx, e, "GetShardIterator", fmt.Sprintf(`{%s,"ShardId":%q,"ShardIteratorType":"TRIM_HORIZON"}`, name, id)); err != nil {
			return nil, err
		}
		iterator := field(r.answers["GetShardIterator"][shard], "ShardIterator")
		for range 2 {
			if err := r.call(ctx, e, "GetRecords", fmt.Sprintf(`{"ShardIterator":%q}`, iterator)); err != nil {
				return nil, err
			}
			last := r.answers["GetRecords"][len(r.answers["GetRecords"])-1]
			if iterator = field(last, "NextShardIterator"); iterator == "" {
				break
			}
		}
		in := fmt.Sprintf(`{"ConsumerARN":%q,"ShardId":%q,"StartingPosition":{"Type":"TRIM_HORIZON"}}`, arn, id)
		if err := r.call(ctx, e, "SubscribeToShard", in); err != nil {
			return nil, err
		}
	}
	r.at = e.Now()
	return r, r.call(ctx, e, "DeregisterStreamConsumer", consumer)
}

// call makes one call and records the answer. It reads a subscription for a short time.
func (r *Recording) call(ctx context.Context, e *local.Endpoint, op, in string) error {
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(in))
	req.Header.Set("X-Amz-Target", "Kinesis_20131202."+op)
	req.Header.Set("Content-Type", jsonType)
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=kin/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0")
	answer := httptest.NewRecorder()
	func() {
		defer func() { _ = recover() }() // http.ErrAbortHandler ends a subscription
		e.ServeHTTP(answer, req)
	}()
	if answer.Code != http.StatusOK {
		return fmt.Errorf("%s: %s", op, answer.Body)
	}
	r.answers[op] = append(r.answers[op], bytes.Clone(answer.Body.Bytes()))
	return nil
}

// field returns a string member of an answer, without parsing the answer.
func field(answer []byte, name string) string {
	_, rest, _ := bytes.Cut(answer, []byte(`"`+name+`":"`))
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(value)
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
