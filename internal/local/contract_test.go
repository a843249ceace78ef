package local

import (
	"context"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// The contract is the behaviour that every implementation of the service must have, as seen
// through the SDK. KIN_CONTRACT_ENDPOINT is the URL of another implementation to test. The cases
// are subtests, so that -run and -skip can select them if an implementation is known to differ.
func TestContract(t *testing.T) {
	if url := os.Getenv("KIN_CONTRACT_ENDPOINT"); url != "" {
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		runContract(t, newClient(url, Region, transport))
		return
	}
	runContract(t, start(t, Options{Limits: LimitsOff}).Client)
}

func runContract(t *testing.T, client *kinesis.Client) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, *subject)
	}{
		{"stream life", streamLife},
		{"streams are listed in pages", streamsInPages},
		{"records come back in order with their bytes", recordsRoundTrip},
		{"an explicit hash key chooses the shard", explicitHashKey},
		{"one shard takes a batch in order", batchOrder},
		{"iterator types", iteratorTypes},
		{"a sequence number belongs to one shard", foreignSequence},
		{"a sequence number belongs to one incarnation", recreatedSequence},
		{"split", splitLineage},
		{"merge", mergeLineage},
		{"the end of a shard names its children", shardEnd},
		{"shards in pages", shardsInPages},
		{"shard filters", shardFilterCases},
		{"next token goes alone", nextTokenAlone},
		{"update shard count", shardCount},
		{"bad arguments", badArguments},
		{"unknown things", unknownThings},
		{"size limits", sizeLimits},
		{"retention period", retentionPeriod},
		{"consumers", consumers},
		{"tags", tags},
		{"by ARN", byARN},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := strings.ReplaceAll(c.name, " ", "-")
			c.run(t, &subject{Client: client, ctx: t.Context(), name: fmt.Sprintf("%s-%d", name, time.Now().UnixNano())})
		})
	}
}

// subject is the client under test, with a stream name that only this case uses.
type subject struct {
	*kinesis.Client
	ctx  context.Context
	name string
}

func (s *subject) create(t *testing.T, shards int32) {
	t.Helper()
	if _, err := s.CreateStream(s.ctx, &kinesis.CreateStreamInput{StreamName: &s.name, ShardCount: &shards}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = s.DeleteStream(context.WithoutCancel(s.ctx), &kinesis.DeleteStreamInput{StreamName: &s.name, EnforceConsumerDeletion: aws.Bool(true)})
	})
	s.settle(t)
}

// settle waits until the stream is ACTIVE, which takes time in other implementations.
func (s *subject) settle(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		d, err := s.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &s.name})
		if err != nil {
			t.Fatal(err)
		}
		if d.StreamDescriptionSummary.StreamStatus == types.StreamStatusActive {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("the stream did not become ACTIVE")
		}
	}
}

// delete deletes the stream and waits until the deletion is complete.
func (s *subject) delete(t *testing.T) {
	t.Helper()
	if _, err := s.DeleteStream(s.ctx, &kinesis.DeleteStreamInput{StreamName: &s.name}); err != nil {
		t.Fatal(err)
	}
	err := kinesis.NewStreamNotExistsWaiter(s.Client, func(o *kinesis.StreamNotExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 10*time.Millisecond, 100*time.Millisecond
	}).Wait(s.ctx, &kinesis.DescribeStreamInput{StreamName: &s.name}, 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
}

func (s *subject) shards(t *testing.T, f *types.ShardFilter) []types.Shard {
	t.Helper()
	out, err := s.ListShards(s.ctx, &kinesis.ListShardsInput{StreamName: &s.name, ShardFilter: f})
	if err != nil {
		t.Fatal(err)
	}
	return out.Shards
}

func ids(shards []types.Shard) []string {
	var list []string
	for _, sh := range shards {
		list = append(list, strings.TrimLeft(strings.TrimPrefix(*sh.ShardId, "shardId-"), "0"))
	}
	slices.Sort(list)
	return list
}

func (s *subject) put(t *testing.T, data, key string) *kinesis.PutRecordOutput {
	t.Helper()
	out, err := s.PutRecord(s.ctx, &kinesis.PutRecordInput{StreamName: &s.name, Data: []byte(data), PartitionKey: &key})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (s *subject) iterator(t *testing.T, in kinesis.GetShardIteratorInput) string {
	t.Helper()
	in.StreamName = &s.name
	if in.ShardId == nil {
		in.ShardId = aws.String("shardId-000000000000")
	}
	out, err := s.GetShardIterator(s.ctx, &in)
	if err != nil {
		t.Fatal(err)
	}
	return *out.ShardIterator
}

func (s *subject) get(t *testing.T, iterator string) *kinesis.GetRecordsOutput {
	t.Helper()
	out, err := s.GetRecords(s.ctx, &kinesis.GetRecordsInput{ShardIterator: &iterator})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// read reads from an iterator to the tip or the end of the shard. It returns the data and the
// last answer.
func (s *subject) read(t *testing.T, iterator string) (data []string, last *kinesis.GetRecordsOutput) {
	t.Helper()
	for range 100 {
		out := s.get(t, iterator)
		for _, r := range out.Records {
			data = append(data, string(r.Data))
		}
		if out.NextShardIterator == nil || len(out.Records) == 0 && aws.ToInt64(out.MillisBehindLatest) == 0 {
			return data, out
		}
		iterator = *out.NextShardIterator
	}
	t.Fatal("the shard has no end")
	return nil, nil
}

func (s *subject) readShard(t *testing.T, id string) ([]string, *kinesis.GetRecordsOutput) {
	t.Helper()
	return s.read(t, s.iterator(t, kinesis.GetShardIteratorInput{ShardId: &id, ShardIteratorType: types.ShardIteratorTypeTrimHorizon}))
}

func number(t *testing.T, s *string) *big.Int {
	t.Helper()
	n, ok := new(big.Int).SetString(aws.ToString(s), 10)
	if !ok {
		t.Fatalf("%q is not a number", aws.ToString(s))
	}
	return n
}

func streamLife(t *testing.T, s *subject) {
	before := time.Now()
	s.create(t, 2)
	_, err := s.CreateStream(s.ctx, &kinesis.CreateStreamInput{StreamName: &s.name, ShardCount: aws.Int32(1)})
	wantCode(t, err, "ResourceInUseException")

	sum := must(s.DescribeStreamSummary(s.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &s.name}))(t).StreamDescriptionSummary
	d := must(s.DescribeStream(s.ctx, &kinesis.DescribeStreamInput{StreamName: &s.name}))(t).StreamDescription
	if *sum.OpenShardCount != 2 || *sum.RetentionPeriodHours != 24 || *sum.StreamName != s.name || sum.EncryptionType != types.EncryptionTypeNone {
		t.Errorf("summary: %+v", sum)
	}
	if age := time.Since(*d.StreamCreationTimestamp); age < -time.Minute || age > time.Since(before)+time.Minute {
		t.Errorf("created at %v, which was %v ago", d.StreamCreationTimestamp, age)
	}
	if len(d.Shards) != 2 || *d.HasMoreShards || *d.StreamARN != *sum.StreamARN || d.StreamStatus != types.StreamStatusActive {
		t.Errorf("description: %+v", d)
	}
	s.delete(t)
}

func streamsInPages(t *testing.T, s *subject) {
	prefix := s.name
	var want []string
	for i := range 3 {
		s.name = fmt.Sprintf("%s-%d", prefix, i)
		s.create(t, 1)
		want = append(want, s.name)
	}
	var got []string
	in := &kinesis.ListStreamsInput{Limit: aws.Int32(2), ExclusiveStartStreamName: &prefix}
	for {
		out := must(s.ListStreams(s.ctx, in))(t)
		if len(out.StreamNames) > 2 {
			t.Fatalf("a page of %d streams, want 2 at most", len(out.StreamNames))
		}
		for _, n := range out.StreamNames {
			if strings.HasPrefix(n, prefix) {
				got = append(got, n)
			}
		}
		if !*out.HasMoreStreams {
			break
		}
		in.ExclusiveStartStreamName = &out.StreamNames[len(out.StreamNames)-1]
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func recordsRoundTrip(t *testing.T, s *subject) {
	s.create(t, 1)
	payloads := []string{"", "a", "\x00\xff\xfe binary", "{\"a\":1}", "grüße, 世界", strings.Repeat("x", 300_000)}
	keys := []string{"k", "a\"b\\c\n\x01", "schlüssel", "鍵", "🔑🔑", strings.Repeat("k", 256)}
	var sequences []string
	for i, p := range payloads {
		out := s.put(t, p, keys[i])
		sequences = append(sequences, *out.SequenceNumber)
	}
	it := s.iterator(t, kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	var got []types.Record
	for len(got) < len(payloads) {
		out := s.get(t, it)
		got = append(got, out.Records...)
		it = *out.NextShardIterator
	}
	for i, r := range got {
		if string(r.Data) != payloads[i] || *r.PartitionKey != keys[i] || *r.SequenceNumber != sequences[i] {
			t.Errorf("record %d: got key %q sequence %s and %d bytes, want %q %s %d bytes",
				i, *r.PartitionKey, *r.SequenceNumber, len(r.Data), keys[i], sequences[i], len(payloads[i]))
		}
		if age := time.Since(*r.ApproximateArrivalTimestamp); age < -time.Minute || age > time.Minute {
			t.Errorf("record %d arrived %v ago", i, age)
		}
		if i > 0 && number(t, r.SequenceNumber).Cmp(number(t, got[i-1].SequenceNumber)) <= 0 {
			t.Errorf("record %d: sequence number %s does not follow %s", i, *r.SequenceNumber, *got[i-1].SequenceNumber)
		}
	}
}

func explicitHashKey(t *testing.T, s *subject) {
	s.create(t, 4)
	for _, sh := range s.shards(t, nil) {
		for _, hash := range []*string{sh.HashKeyRange.StartingHashKey, sh.HashKeyRange.EndingHashKey} {
			out := must(s.PutRecord(s.ctx, &kinesis.PutRecordInput{
				StreamName: &s.name, Data: []byte("x"), PartitionKey: aws.String("k"), ExplicitHashKey: hash,
			}))(t)
			if *out.ShardId != *sh.ShardId {
				t.Errorf("hash key %s went to %s, want %s", *hash, *out.ShardId, *sh.ShardId)
			}
		}
	}
}

func batchOrder(t *testing.T, s *subject) {
	s.create(t, 1)
	var entries []types.PutRecordsRequestEntry
	var want []string
	for i := range 500 {
		want = append(want, fmt.Sprintf("record %d", i))
		entries = append(entries, types.PutRecordsRequestEntry{Data: []byte(want[i]), PartitionKey: aws.String(fmt.Sprint(i % 7))})
	}
	out := must(s.PutRecords(s.ctx, &kinesis.PutRecordsInput{StreamName: &s.name, Records: entries}))(t)
	if len(out.Records) != 500 || aws.ToInt32(out.FailedRecordCount) != 0 {
		t.Fatalf("%d results, %d failed", len(out.Records), aws.ToInt32(out.FailedRecordCount))
	}
	if got, _ := s.readShard(t, "shardId-000000000000"); !slices.Equal(got, want) {
		t.Errorf("read %d records, or not in the order of the request", len(got))
	}
}

func iteratorTypes(t *testing.T, s *subject) {
	s.create(t, 1)
	latest := s.iterator(t, kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeLatest})
	one := s.put(t, "1", "k")
	two := s.put(t, "2", "k")
	s.put(t, "3", "k")
	it := s.iterator(t, kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	first := s.get(t, it).Records[0]
	for _, c := range []struct {
		name string
		in   kinesis.GetShardIteratorInput
		want string
	}{
		{"TRIM_HORIZON", kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeTrimHorizon}, "1 2 3"},
		{"AT 1", kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: one.SequenceNumber}, "1 2 3"},
		{"AT 2", kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: two.SequenceNumber}, "2 3"},
		{"AFTER 2", kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeAfterSequenceNumber, StartingSequenceNumber: two.SequenceNumber}, "3"},
		{"AT the shard's start", kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber,
			StartingSequenceNumber: s.shards(t, nil)[0].SequenceNumberRange.StartingSequenceNumber}, "1 2 3"},
		{"AT_TIMESTAMP of the first", kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeAtTimestamp,
			Timestamp: first.ApproximateArrivalTimestamp}, "1 2 3"},
		{"AT_TIMESTAMP long ago", kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeAtTimestamp,
			Timestamp: aws.Time(time.Unix(1000000000, 0))}, "1 2 3"},
		{"LATEST", kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeLatest}, ""},
	} {
		if got, _ := s.read(t, s.iterator(t, c.in)); strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	if got, _ := s.read(t, latest); strings.Join(got, " ") != "1 2 3" {
		t.Errorf("LATEST before the records: got %q", got)
	}
	_, err := s.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: aws.String("shardId-000000000000"),
		ShardIteratorType: types.ShardIteratorTypeAtTimestamp, Timestamp: aws.Time(time.Now().Add(time.Hour))})
	wantCode(t, err, "InvalidArgumentException")
}

func foreignSequence(t *testing.T, s *subject) {
	s.create(t, 2)
	out := s.put(t, "x", "k")
	other := "shardId-000000000000"
	if *out.ShardId == other {
		other = "shardId-000000000001"
	}
	_, err := s.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: &other,
		ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: out.SequenceNumber})
	wantCode(t, err, "InvalidArgumentException")
	want := fmt.Sprintf("Invalid StartingSequenceNumber. It encodes %s, while it was used in a call to a shard with %s", *out.ShardId, other)
	if messageOf(err) != want {
		t.Errorf("got %q, want %q", messageOf(err), want)
	}
}

func recreatedSequence(t *testing.T, s *subject) {
	s.create(t, 1)
	old := []*kinesis.PutRecordOutput{s.put(t, "x", "k")}
	s.split(t, s.shards(t, nil)[0])
	old = append(old, s.put(t, "x", "k"))
	s.delete(t)
	s.create(t, 3)
	for _, out := range old {
		_, err := s.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: out.ShardId,
			ShardIteratorType: types.ShardIteratorTypeAfterSequenceNumber, StartingSequenceNumber: out.SequenceNumber})
		wantCode(t, err, "InvalidArgumentException")
		if !strings.HasSuffix(messageOf(err), "is invalid because it did not come from this stream.") {
			t.Errorf("got %q", messageOf(err))
		}
	}
}
