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

// written is an HTTP client that keeps the last request and gives one answer.
type written struct {
	status       int
	answer, date string

	operation, request string
}

func (w *written) Do(req *http.Request) (*http.Response, error) {
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

// client calls through w.
func (w *written) client() *Client {
	return OverSDK(kinesis.New(kinesis.Options{
		BaseEndpoint: aws.String("http://kinesis"), Region: "us-east-1", HTTPClient: w, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("kin", "kin", ""),
	}))
}

const answerDate = "Fri, 27 Nov 2026 10:00:00 GMT"

var answeredAt = time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC)

// made is one call with every member of its input, the request that it makes, an answer
// with every member that kin knows, and the output that this becomes.
type made struct {
	call            func(context.Context, *Client) (any, error)
	request, answer string
	want            any
}

// calling makes a call of a Client with an input.
func calling[I, O any](method func(*Client, context.Context, *I) (O, error), in I) func(context.Context, *Client) (any, error) {
	return func(ctx context.Context, c *Client) (any, error) { return method(c, ctx, &in) }
}

// silent makes a call that has no output.
func silent[I any](method func(*Client, context.Context, *I) error, in I) func(context.Context, *Client) (any, error) {
	return func(ctx context.Context, c *Client) (any, error) { return nil, method(c, ctx, &in) }
}

var whole = map[string]made{
	"GetRecords": {
		calling((*Client).GetRecords, service.GetRecordsInput{ShardIterator: "i", StreamARN: "arn", Limit: 7, DryRun: true}),
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
		calling((*Client).GetShardIterator, service.GetShardIteratorInput{StreamName: "orders", StreamARN: "arn", ShardID: "s",
			ShardIteratorType: types.ShardIteratorTypeAfterSequenceNumber, StartingSequenceNumber: "1", DryRun: true}),
		`{"StreamName":"orders","StreamARN":"arn","ShardId":"s","ShardIteratorType":"AFTER_SEQUENCE_NUMBER","StartingSequenceNumber":"1","DryRun":true}`,
		`{"ShardIterator":"i"}`,
		&service.GetShardIteratorOutput{ShardIterator: "i", ServerTime: answeredAt},
	},
	"ListShards": {
		calling((*Client).ListShards, service.ListShardsInput{StreamName: "orders", StreamARN: "arn", NextToken: "t", ExclusiveStartShardID: "r",
			MaxResults: 5, ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}}),
		`{"StreamName":"orders","StreamARN":"arn","NextToken":"t","ExclusiveStartShardId":"r","MaxResults":5,"ShardFilter":{"Type":"AT_LATEST"}}`,
		`{"Shards":[{"ShardId":"s"}],"NextToken":"u"}`,
		&service.ListShardsOutput{Shards: []types.Shard{{ShardId: aws.String("s")}}, NextToken: "u", ServerTime: answeredAt},
	},
	"DescribeStreamSummary": {
		calling((*Client).DescribeStreamSummary, service.DescribeStreamSummaryInput{StreamName: "orders", StreamARN: "arn"}),
		`{"StreamName":"orders","StreamARN":"arn"}`,
		`{"StreamDescriptionSummary":{"StreamName":"orders"}}`,
		&service.DescribeStreamSummaryOutput{StreamDescriptionSummary: &types.StreamDescriptionSummary{StreamName: aws.String("orders")}, ServerTime: answeredAt},
	},
	"PutRecords": {
		calling((*Client).PutRecords, service.PutRecordsInput{StreamName: "orders", StreamARN: "arn", DryRun: true,
			Records: []types.PutRecordsRequestEntry{{PartitionKey: aws.String("k"), ExplicitHashKey: aws.String("0"), Data: []byte{}}}}),
		`{"StreamName":"orders","StreamARN":"arn","DryRun":true,"Records":[{"PartitionKey":"k","ExplicitHashKey":"0","Data":""}]}`,
		`{"FailedRecordCount":1,"Records":[{"ShardId":"s","SequenceNumber":"1"},{"ErrorCode":"InternalFailure","ErrorMessage":"no"}]}`,
		&service.PutRecordsOutput{Records: []types.PutRecordsResultEntry{
			{ShardId: aws.String("s"), SequenceNumber: aws.String("1")}, {ErrorCode: aws.String("InternalFailure"), ErrorMessage: aws.String("no")}}},
	},
	"ListStreams": {
		calling((*Client).ListStreams, service.ListStreamsInput{ExclusiveStartStreamName: "a", NextToken: "t"}),
		`{"ExclusiveStartStreamName":"a","NextToken":"t"}`,
		`{"StreamNames":["b"],"StreamSummaries":[{"StreamName":"b"}],"HasMoreStreams":false,"NextToken":"u"}`,
		&service.ListStreamsOutput{StreamNames: []string{"b"}, StreamSummaries: []types.StreamSummary{{StreamName: aws.String("b")}},
			HasMoreStreams: aws.Bool(false), NextToken: "u"},
	},
	"DescribeStreamConsumer": {
		calling((*Client).DescribeStreamConsumer, service.DescribeStreamConsumerInput{ConsumerARN: "c", StreamARN: "arn", ConsumerName: "app"}),
		`{"ConsumerARN":"c","StreamARN":"arn","ConsumerName":"app"}`,
		`{"ConsumerDescription":{"ConsumerName":"app"}}`,
		&service.DescribeStreamConsumerOutput{ConsumerDescription: &types.ConsumerDescription{ConsumerName: aws.String("app")}},
	},
	"RegisterStreamConsumer": {
		calling((*Client).RegisterStreamConsumer, service.RegisterStreamConsumerInput{StreamARN: "arn", ConsumerName: "app"}),
		`{"StreamARN":"arn","ConsumerName":"app"}`,
		`{"Consumer":{"ConsumerName":"app"}}`,
		&service.RegisterStreamConsumerOutput{Consumer: &types.Consumer{ConsumerName: aws.String("app")}},
	},
	"DeregisterStreamConsumer": {
		silent((*Client).DeregisterStreamConsumer, service.DeregisterStreamConsumerInput{ConsumerARN: "c", StreamARN: "arn", ConsumerName: "app"}),
		`{"ConsumerARN":"c","StreamARN":"arn","ConsumerName":"app"}`, `{}`, nil,
	},
	"ListStreamConsumers": {
		calling((*Client).ListStreamConsumers, service.ListStreamConsumersInput{StreamARN: "arn", NextToken: "t"}),
		`{"StreamARN":"arn","NextToken":"t"}`,
		`{"Consumers":[{"ConsumerName":"app"}],"NextToken":"u"}`,
		&service.ListStreamConsumersOutput{Consumers: []types.Consumer{{ConsumerName: aws.String("app")}}, NextToken: "u", ServerTime: answeredAt},
	},
	"SplitShard": {
		silent((*Client).SplitShard, service.SplitShardInput{StreamName: "orders", ShardToSplit: "s", NewStartingHashKey: "5"}),
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
	for operation, m := range whole {
		t.Run(operation, func(t *testing.T) {
			w := &written{status: http.StatusOK, answer: m.answer, date: answerDate}
			got, err := m.call(t.Context(), w.client())
			if err != nil {
				t.Fatal(err)
			}
			if w.operation != operation || !sameJSON(t, w.request, m.request) {
				t.Errorf("asked %s with %s, want %s", w.operation, w.request, m.request)
			}
			if !reflect.DeepEqual(got, m.want) {
				t.Errorf("got %+v, want %+v", got, m.want)
			}
		})
	}
}

// TestACallThatIsRefusedHasTheErrorAlone is about the code, and about the Date, which
// answers with a code have too.
func TestACallThatIsRefusedHasTheErrorAlone(t *testing.T) {
	for operation, m := range whole {
		t.Run(operation, func(t *testing.T) {
			w := &written{status: http.StatusBadRequest, answer: `{"__type":"ResourceNotFoundException","message":"no such thing"}`, date: answerDate}
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

// What a request does not ask for is left out of it.
func TestAMemberThatIsNotSetIsNotSent(t *testing.T) {
	for want, call := range map[string]func(context.Context, *Client) (any, error){
		`{"ShardIterator":"i"}`: calling((*Client).GetRecords, service.GetRecordsInput{ShardIterator: "i"}),
		`{"ShardId":"s","ShardIteratorType":"TRIM_HORIZON"}`: calling((*Client).GetShardIterator, service.GetShardIteratorInput{
			ShardID: "s", ShardIteratorType: types.ShardIteratorTypeTrimHorizon, Timestamp: answeredAt}),
		`{"ShardId":"s","ShardIteratorType":"AT_TIMESTAMP","Timestamp":1.5}`: calling((*Client).GetShardIterator, service.GetShardIteratorInput{
			ShardID: "s", ShardIteratorType: types.ShardIteratorTypeAtTimestamp, Timestamp: time.Unix(1, 5e8)}),
		`{"Records":[{"PartitionKey":"k","Data":""}]}`: calling((*Client).PutRecords, service.PutRecordsInput{
			Records: []types.PutRecordsRequestEntry{{PartitionKey: aws.String("k"), Data: []byte{}}}}),
		`{}`: calling((*Client).ListShards, service.ListShardsInput{}),
	} {
		w := &written{status: http.StatusOK, answer: `{}`}
		if _, err := call(t.Context(), w.client()); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		if !sameJSON(t, w.request, want) {
			t.Errorf("asked with %s, want %s", w.request, want)
		}
	}
}

// What validate and the callers tell apart stays apart: no list and an empty one, a member
// that is missing and one that is zero. Without a Date there is no time.
func TestWhatIsMissingFromAnAnswerStaysMissing(t *testing.T) {
	records := calling((*Client).GetRecords, service.GetRecordsInput{ShardIterator: "i"})
	shards := calling((*Client).ListShards, service.ListShardsInput{})
	consumers := calling((*Client).ListStreamConsumers, service.ListStreamConsumersInput{StreamARN: "arn"})
	streams := calling((*Client).ListStreams, service.ListStreamsInput{})
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
		{"no summary", calling((*Client).DescribeStreamSummary, service.DescribeStreamSummaryInput{}), `{}`, &service.DescribeStreamSummaryOutput{}},
		{"no description", calling((*Client).DescribeStreamConsumer, service.DescribeStreamConsumerInput{}), `{}`, &service.DescribeStreamConsumerOutput{}},
		{"no consumer", calling((*Client).RegisterStreamConsumer, service.RegisterStreamConsumerInput{StreamARN: "arn", ConsumerName: "app"}), `{}`, &service.RegisterStreamConsumerOutput{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.call(t.Context(), (&written{status: http.StatusOK, answer: test.answer}).client())
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}

// A failed subscription is no event stream, not one of a type whose pointer is nil.
func TestARefusedSubscriptionHasNoStream(t *testing.T) {
	w := &written{status: http.StatusBadRequest, answer: `{"__type":"ResourceInUseException","message":"busy"}`, date: answerDate}
	in := &service.SubscribeToShardInput{ConsumerARN: "c", ShardID: "s", DryRun: true,
		StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeAtSequenceNumber, SequenceNumber: aws.String("1")}}
	s, err := w.client().SubscribeToShard(t.Context(), in)
	var api smithy.APIError
	if s != nil || !errors.As(err, &api) || api.ErrorCode() != "ResourceInUseException" {
		t.Errorf("got %v, %v", s, err)
	}
	const want = `{"ConsumerARN":"c","ShardId":"s","DryRun":true,"StartingPosition":{"Type":"AT_SEQUENCE_NUMBER","SequenceNumber":"1"}}`
	if w.operation != "SubscribeToShard" || !sameJSON(t, w.request, want) {
		t.Errorf("asked %s with %s", w.operation, w.request)
	}
}
