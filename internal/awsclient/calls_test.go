package awsclient

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"kin/internal/service"
)

// recordingClient is an HTTP client that records the last request. It always returns the same
// answer.
type recordingClient struct {
	status       int
	answer, date string

	operation, request string
}

func (w *recordingClient) Do(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	_, w.operation, _ = strings.Cut(req.Header.Get("X-Amz-Target"), ".")
	w.request = string(body)
	header := http.Header{"Content-Type": {"application/x-amz-json-1.1"}}
	if w.date != "" {
		header.Set("Date", w.date)
	}
	return &http.Response{StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req, Header: header,
		Body: io.NopCloser(strings.NewReader(w.answer)), ContentLength: int64(len(w.answer))}, nil
}

// client returns a Client that uses w.
func (w *recordingClient) client() *Client {
	return OverSDK(kinesis.New(kinesis.Options{
		BaseEndpoint: aws.String("http://kinesis"), Region: "us-east-1", HTTPClient: w, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("kin", "kin", ""),
	}))
}

const answerDate = "Fri, 27 Nov 2026 10:00:00 GMT"

var answeredAt = time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC)

// exchange is one call with its expected request and output. The input has every member. The
// answer has every member that kin knows.
type exchange struct {
	call            func(context.Context, *Client) (any, error)
	request, answer string
	want            any
}

// callOf returns a function that calls a method of a Client with an input.
func callOf[I, O any](method func(*Client, context.Context, *I) (O, error), in I) func(context.Context, *Client) (any, error) {
	return func(ctx context.Context, c *Client) (any, error) { return method(c, ctx, &in) }
}

// callWithoutOutput is callOf for a method without an output.
func callWithoutOutput[I any](method func(*Client, context.Context, *I) error, in I) func(context.Context, *Client) (any, error) {
	return func(ctx context.Context, c *Client) (any, error) { return nil, method(c, ctx, &in) }
}

var exchanges = map[string]exchange{
	"GetRecords": {
		callOf((*Client).GetRecords, service.GetRecordsInput{ShardIterator: "i", StreamARN: "arn", Limit: 7, DryRun: true}),
		`{"ShardIterator":"i","StreamARN":"arn","Limit":7,"DryRun":true}`,
		`{"Records":[{"SequenceNumber":"1","PartitionKey":"k","Data":"YQ==","ApproximateArrivalTimestamp":1.5}],"NextShardIterator":"j","MillisBehindLatest":0,
			"ChildShards":[{"ShardId":"s","ParentShards":["p"],"HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"9"}}]}`,
		&service.GetRecordsOutput{
			Records: []types.Record{{SequenceNumber: aws.String("1"), PartitionKey: aws.String("k"), Data: []byte("a"),
				ApproximateArrivalTimestamp: aws.Time(time.Unix(1, 5e8).UTC())}},
			NextShardIterator: "j", MillisBehindLatest: aws.Int64(0), ServerTime: answeredAt,
			ChildShards: []types.ChildShard{{ShardId: aws.String("s"), ParentShards: []string{"p"},
				HashKeyRange: &types.HashKeyRange{StartingHashKey: aws.String("0"), EndingHashKey: aws.String("9")}}},
		},
	},
	"GetShardIterator": {
		callOf((*Client).GetShardIterator, service.GetShardIteratorInput{StreamName: "orders", StreamARN: "arn", ShardID: "s",
			ShardIteratorType: types.ShardIteratorTypeAfterSequenceNumber, StartingSequenceNumber: "1", DryRun: true}),
		`{"StreamName":"orders","StreamARN":"arn","ShardId":"s","ShardIteratorType":"AFTER_SEQUENCE_NUMBER","StartingSequenceNumber":"1","DryRun":true}`,
		`{"ShardIterator":"i"}`,
		&service.GetShardIteratorOutput{ShardIterator: "i", ServerTime: answeredAt},
	},
	"ListShards": {
		callOf((*Client).ListShards, service.ListShardsInput{StreamName: "orders", StreamARN: "arn", NextToken: "t", ExclusiveStartShardID: "r",
			MaxResults: 5, ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}}),
		`{"StreamName":"orders","StreamARN":"arn","NextToken":"t","ExclusiveStartShardId":"r","MaxResults":5,"ShardFilter":{"Type":"AT_LATEST"}}`,
		`{"Shards":[{"ShardId":"s"}],"NextToken":"u"}`,
		&service.ListShardsOutput{Shards: []types.Shard{{ShardId: aws.String("s")}}, NextToken: "u", ServerTime: answeredAt},
	},
	"DescribeStreamSummary": {
		callOf((*Client).DescribeStreamSummary, service.DescribeStreamSummaryInput{StreamName: "orders", StreamARN: "arn"}),
		`{"StreamName":"orders","StreamARN":"arn"}`,
		`{"StreamDescriptionSummary":{"StreamName":"orders"}}`,
		&service.DescribeStreamSummaryOutput{StreamDescriptionSummary: &types.StreamDescriptionSummary{StreamName: aws.String("orders")}, ServerTime: answeredAt},
	},
	"PutRecords": {
		callOf((*Client).PutRecords, service.PutRecordsInput{StreamName: "orders", StreamARN: "arn", DryRun: true,
			Records: []types.PutRecordsRequestEntry{{PartitionKey: aws.String("k"), ExplicitHashKey: aws.String("0"), Data: []byte{}}}}),
		`{"StreamName":"orders","StreamARN":"arn","DryRun":true,"Records":[{"PartitionKey":"k","ExplicitHashKey":"0","Data":""}]}`,
		`{"FailedRecordCount":1,"Records":[{"ShardId":"s","SequenceNumber":"1"},{"ErrorCode":"InternalFailure","ErrorMessage":"no"}]}`,
		&service.PutRecordsOutput{Records: []types.PutRecordsResultEntry{
			{ShardId: aws.String("s"), SequenceNumber: aws.String("1")}, {ErrorCode: aws.String("InternalFailure"), ErrorMessage: aws.String("no")}}},
	},
	"ListStreams": {
		callOf((*Client).ListStreams, service.ListStreamsInput{ExclusiveStartStreamName: "a", NextToken: "t"}),
		`{"ExclusiveStartStreamName":"a","NextToken":"t"}`,
		`{"StreamNames":["b"],"StreamSummaries":[{"StreamName":"b"}],"HasMoreStreams":false,"NextToken":"u"}`,
		&service.ListStreamsOutput{StreamNames: []string{"b"}, StreamSummaries: []types.StreamSummary{{StreamName: aws.String("b")}},
			HasMoreStreams: aws.Bool(false), NextToken: "u"},
	},
	"DescribeStreamConsumer": {
		callOf((*Client).DescribeStreamConsumer, service.DescribeStreamConsumerInput{ConsumerARN: "c", StreamARN: "arn", ConsumerName: "app"}),
		`{"ConsumerARN":"c","StreamARN":"arn","ConsumerName":"app"}`,
		`{"ConsumerDescription":{"ConsumerName":"app"}}`,
		&service.DescribeStreamConsumerOutput{ConsumerDescription: &types.ConsumerDescription{ConsumerName: aws.String("app")}},
	},
	"RegisterStreamConsumer": {
		callOf((*Client).RegisterStreamConsumer, service.RegisterStreamConsumerInput{StreamARN: "arn", ConsumerName: "app"}),
		`{"StreamARN":"arn","ConsumerName":"app"}`,
		`{"Consumer":{"ConsumerName":"app"}}`,
		&service.RegisterStreamConsumerOutput{Consumer: &types.Consumer{ConsumerName: aws.String("app")}},
	},
	"DeregisterStreamConsumer": {
		callWithoutOutput((*Client).DeregisterStreamConsumer, service.DeregisterStreamConsumerInput{ConsumerARN: "c", StreamARN: "arn", ConsumerName: "app"}),
		`{"ConsumerARN":"c","StreamARN":"arn","ConsumerName":"app"}`, `{}`, nil,
	},
	"ListStreamConsumers": {
		callOf((*Client).ListStreamConsumers, service.ListStreamConsumersInput{StreamARN: "arn", NextToken: "t"}),
		`{"StreamARN":"arn","NextToken":"t"}`,
		`{"Consumers":[{"ConsumerName":"app"}],"NextToken":"u"}`,
		&service.ListStreamConsumersOutput{Consumers: []types.Consumer{{ConsumerName: aws.String("app")}}, NextToken: "u", ServerTime: answeredAt},
	},
	"SplitShard": {
		callWithoutOutput((*Client).SplitShard, service.SplitShardInput{StreamName: "orders", ShardToSplit: "s", NewStartingHashKey: "5"}),
		`{"StreamName":"orders","ShardToSplit":"s","NewStartingHashKey":"5"}`, `{}`, nil,
	},
}

// sameJSON reports whether two JSON values are the same.
func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal([]byte(a), &x), json.Unmarshal([]byte(b), &y)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

func TestEveryMemberOfACallPassesThrough(t *testing.T) {
	for operation, m := range exchanges {
		t.Run(operation, func(t *testing.T) {
			w := &recordingClient{status: http.StatusOK, answer: m.answer, date: answerDate}
			got, err := m.call(t.Context(), w.client())
			if err != nil {
				t.Fatal(err)
			}
			if w.operation != operation || !sameJSON(t, w.request, m.request) {
				t.Errorf("called %s with %s, want %s", w.operation, w.request, m.request)
			}
			if !reflect.DeepEqual(got, m.want) {
				t.Errorf("got %+v, want %+v", got, m.want)
			}
		})
	}
}

// The error of a refused call has the error code and the Date of the answer. The output is
// nil.
func TestARefusedCallReturnsOnlyAnError(t *testing.T) {
	for operation, m := range exchanges {
		t.Run(operation, func(t *testing.T) {
			w := &recordingClient{status: http.StatusBadRequest, answer: `{"__type":"ResourceNotFoundException","message":"no such thing"}`, date: answerDate}
			got, err := m.call(t.Context(), w.client())
			if service.Code(err) != "ResourceNotFoundException" || !service.RefusalTime(err).Equal(answeredAt) {
				t.Errorf("got %v, answered at %s", err, service.RefusalTime(err))
			}
			if v := reflect.ValueOf(got); v.IsValid() && !v.IsNil() {
				t.Errorf("got %+v beside the error", got)
			}
		})
	}
}

// A zero member of an input is not sent.
func TestAMemberThatIsNotSetIsNotSent(t *testing.T) {
	for want, call := range map[string]func(context.Context, *Client) (any, error){
		`{"ShardIterator":"i"}`: callOf((*Client).GetRecords, service.GetRecordsInput{ShardIterator: "i"}),
		`{"ShardId":"s","ShardIteratorType":"TRIM_HORIZON"}`: callOf((*Client).GetShardIterator, service.GetShardIteratorInput{
			ShardID: "s", ShardIteratorType: types.ShardIteratorTypeTrimHorizon, Timestamp: answeredAt}),
		`{"ShardId":"s","ShardIteratorType":"AT_TIMESTAMP","Timestamp":1.5}`: callOf((*Client).GetShardIterator, service.GetShardIteratorInput{
			ShardID: "s", ShardIteratorType: types.ShardIteratorTypeAtTimestamp, Timestamp: time.Unix(1, 5e8)}),
		`{"Records":[{"PartitionKey":"k","Data":""}]}`: callOf((*Client).PutRecords, service.PutRecordsInput{
			Records: []types.PutRecordsRequestEntry{{PartitionKey: aws.String("k"), Data: []byte{}}}}),
		`{}`: callOf((*Client).ListShards, service.ListShardsInput{}),
	} {
		w := &recordingClient{status: http.StatusOK, answer: `{}`}
		if _, err := call(t.Context(), w.client()); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		if !sameJSON(t, w.request, want) {
			t.Errorf("sent %s, want %s", w.request, want)
		}
	}
}

// validate and the callers distinguish a missing list from an empty one, and a missing member
// from a zero. Without a Date ServerTime is zero.
func TestMissingMembersOfAnAnswerStayMissing(t *testing.T) {
	records := callOf((*Client).GetRecords, service.GetRecordsInput{ShardIterator: "i"})
	shards := callOf((*Client).ListShards, service.ListShardsInput{})
	consumers := callOf((*Client).ListStreamConsumers, service.ListStreamConsumersInput{StreamARN: "arn"})
	streams := callOf((*Client).ListStreams, service.ListStreamsInput{})
	for _, test := range []struct {
		name   string
		call   func(context.Context, *Client) (any, error)
		answer string
		want   any
	}{
		{"no records", records, `{}`, &service.GetRecordsOutput{}},
		{"null records", records, `{"Records":null,"NextShardIterator":null}`, &service.GetRecordsOutput{}},
		{"an empty list of records", records, `{"Records":[],"MillisBehindLatest":0}`, &service.GetRecordsOutput{Records: []types.Record{}, MillisBehindLatest: aws.Int64(0)}},
		{"a record without members", records, `{"Records":[{}]}`, &service.GetRecordsOutput{Records: []types.Record{{}}}},
		{"an empty payload", records, `{"Records":[{"Data":"","SequenceNumber":"","PartitionKey":""}]}`,
			&service.GetRecordsOutput{Records: []types.Record{{Data: []byte{}, SequenceNumber: aws.String(""), PartitionKey: aws.String("")}}}},
		{"no shards", shards, `{}`, &service.ListShardsOutput{}},
		{"an empty list of shards", shards, `{"Shards":[]}`, &service.ListShardsOutput{Shards: []types.Shard{}}},
		{"no consumers", consumers, `{}`, &service.ListStreamConsumersOutput{}},
		{"an empty list of consumers", consumers, `{"Consumers":[]}`, &service.ListStreamConsumersOutput{Consumers: []types.Consumer{}}},
		{"no streams", streams, `{}`, &service.ListStreamsOutput{}},
		{"an empty list of streams", streams, `{"StreamNames":[],"HasMoreStreams":true}`, &service.ListStreamsOutput{StreamNames: []string{}, HasMoreStreams: aws.Bool(true)}},
		{"no summary", callOf((*Client).DescribeStreamSummary, service.DescribeStreamSummaryInput{}), `{}`, &service.DescribeStreamSummaryOutput{}},
		{"no description", callOf((*Client).DescribeStreamConsumer, service.DescribeStreamConsumerInput{}), `{}`, &service.DescribeStreamConsumerOutput{}},
		{"no consumer", callOf((*Client).RegisterStreamConsumer, service.RegisterStreamConsumerInput{StreamARN: "arn", ConsumerName: "app"}), `{}`, &service.RegisterStreamConsumerOutput{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.call(t.Context(), (&recordingClient{status: http.StatusOK, answer: test.answer}).client())
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}

// A failed subscription returns a nil interface, not an interface with a nil pointer.
func TestARefusedSubscriptionHasNoStream(t *testing.T) {
	w := &recordingClient{status: http.StatusBadRequest, answer: `{"__type":"ResourceInUseException","message":"busy"}`, date: answerDate}
	in := &service.SubscribeToShardInput{ConsumerARN: "c", ShardID: "s", DryRun: true,
		StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeAtSequenceNumber, SequenceNumber: aws.String("1")}}
	s, err := w.client().SubscribeToShard(t.Context(), in)
	var api smithy.APIError
	if s != nil || !errors.As(err, &api) || api.ErrorCode() != "ResourceInUseException" {
		t.Errorf("got %v, %v", s, err)
	}
	const want = `{"ConsumerARN":"c","ShardId":"s","DryRun":true,"StartingPosition":{"Type":"AT_SEQUENCE_NUMBER","SequenceNumber":"1"}}`
	if w.operation != "SubscribeToShard" || !sameJSON(t, w.request, want) {
		t.Errorf("called %s with %s", w.operation, w.request)
	}
}
