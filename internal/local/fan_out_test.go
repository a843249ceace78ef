package local

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// fanOut is an endpoint without a network, with a client. It has the stream orders with the
// consumer audit.
type fanOut struct {
	subject
	endpoint *Endpoint
	t        *testing.T
	arn      string
}

// inBubble runs a test in a synctest bubble. The endpoint uses the bubble's clock.
func inBubble(t *testing.T, shards int, o Options, test func(*testing.T, *fanOut)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if o.Limits == "" {
			o.Limits = LimitsOff
		}
		o.Streams = []StreamSpec{{"orders", shards}}
		e, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		client := kinesis.New(kinesis.Options{
			BaseEndpoint: aws.String("http://kinesis"),
			Region:       Region,
			Credentials:  credentials.NewStaticCredentialsProvider("kin", "kin", ""),
			HTTPClient:   &http.Client{Transport: e},
			Retryer:      aws.NopRetryer{},
		})
		f := &fanOut{subject: subject{Client: client, ctx: t.Context(), name: "orders"}, endpoint: e, t: t}
		f.arn = f.register("audit")
		synctest.Wait()
		test(t, f)
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
}

func (f *fanOut) register(name string) string {
	f.t.Helper()
	out, err := f.Client.RegisterStreamConsumer(f.ctx, &kinesis.RegisterStreamConsumerInput{
		StreamARN: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/orders"), ConsumerName: &name,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return *out.Consumer.ConsumerARN
}

func at(kind types.ShardIteratorType, sequence *string) *types.StartingPosition {
	return &types.StartingPosition{Type: kind, SequenceNumber: sequence}
}

var (
	fromHorizon = at(types.ShardIteratorTypeTrimHorizon, nil)
	fromLatest  = at(types.ShardIteratorTypeLatest, nil)
)

// subscribed is an open event stream.
type subscribed struct {
	t      *testing.T
	stream *kinesis.SubscribeToShardEventStream
}

func subscribe(t *testing.T, client *kinesis.Client, consumer string, from *types.StartingPosition) (*subscribed, error) {
	return subscribeShard(t, client, consumer, shard0, from)
}

func subscribeShard(t *testing.T, client *kinesis.Client, consumer, shard string, from *types.StartingPosition) (*subscribed, error) {
	// In SDK 1.56 all streams of a client share a buffer, which is a data race.
	client = kinesis.New(client.Options())
	out, err := client.SubscribeToShard(t.Context(), &kinesis.SubscribeToShardInput{
		ConsumerARN: &consumer, ShardId: &shard, StartingPosition: from,
	})
	if err != nil {
		return nil, err
	}
	s := &subscribed{t, out.GetStream()}
	t.Cleanup(func() { _ = s.stream.Close() })
	return s, nil
}

func (f *fanOut) open(from *types.StartingPosition) *subscribed {
	f.t.Helper()
	return must(subscribe(f.t, f.Client, f.arn, from))(f.t)
}

// next returns the next event. It fails the test if the stream has ended.
func (s *subscribed) next() types.SubscribeToShardEvent {
	s.t.Helper()
	e, ok := <-s.stream.Events()
	if !ok {
		s.t.Fatalf("the stream ended with %v", s.stream.Err())
	}
	return e.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value
}

// end returns the error at the end of the stream. It fails the test if an event comes first.
func (s *subscribed) end() error {
	s.t.Helper()
	if e, ok := <-s.stream.Events(); ok {
		s.t.Fatalf("got an event, want the end: %+v", e)
	}
	return s.stream.Err()
}

// rest reads the stream to its end and returns the payloads.
func (s *subscribed) rest() (data []string, err error) {
	for e := range s.stream.Events() {
		data = append(data, payloads(e.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value)...)
	}
	return data, s.stream.Err()
}

func payloads(e types.SubscribeToShardEvent) []string {
	var data []string
	for _, r := range e.Records {
		data = append(data, string(r.Data))
	}
	return data
}

// putAt puts a record with an explicit hash key.
func (s *subject) putAt(t *testing.T, hash, data string) {
	t.Helper()
	if _, err := s.PutRecord(s.ctx, &kinesis.PutRecordInput{StreamName: &s.name, Data: []byte(data), PartitionKey: aws.String("k"), ExplicitHashKey: &hash}); err != nil {
		t.Fatal(err)
	}
}

// raw subscribes without the SDK and returns the body of the answer.
func (f *fanOut) raw(arn string, from *types.StartingPosition) io.ReadCloser {
	f.t.Helper()
	body := fmt.Sprintf(`{"ConsumerARN":%q,"ShardId":%q,"StartingPosition":{"Type":%q}}`, arn, shard0, from.Type)
	req, err := http.NewRequestWithContext(f.ctx, http.MethodPost, "http://kinesis/", strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	sign(req, "SubscribeToShard")
	res, err := f.endpoint.RoundTrip(req)
	if err != nil {
		f.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != eventStreamType {
		text, _ := io.ReadAll(res.Body)
		f.t.Fatalf("%d %s: %s", res.StatusCode, res.Header.Get("Content-Type"), text)
	}
	f.t.Cleanup(func() { _ = res.Body.Close() })
	return res.Body
}
