package service

import (
	"context"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Client calls Kinesis at one place. internal/awsclient makes it.
type Client struct {
	API
	Endpoint string // the URL that was given; empty is AWS's own for the region
	Region   string
}

// API is the calls that kin makes. Each is a single attempt. Packages take an interface
// of those that they need.
type API interface {
	StreamAPI
	ConsumerAPI
	ListStreams(context.Context, *kinesis.ListStreamsInput, ...func(*kinesis.Options)) (*kinesis.ListStreamsOutput, error)
	PutRecords(context.Context, *kinesis.PutRecordsInput, ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error)
	SubscribeToShard(context.Context, *kinesis.SubscribeToShardInput, ...func(*kinesis.Options)) (*kinesis.SubscribeToShardOutput, error)
}

// StreamAPI is the calls that read a stream.
type StreamAPI interface {
	ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error)
	GetShardIterator(context.Context, *kinesis.GetShardIteratorInput, ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error)
	GetRecords(context.Context, *kinesis.GetRecordsInput, ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error)
	DescribeStreamSummary(context.Context, *kinesis.DescribeStreamSummaryInput, ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error)
}

// ConsumerAPI is the calls about the stream's consumers.
type ConsumerAPI interface {
	DescribeStreamConsumer(context.Context, *kinesis.DescribeStreamConsumerInput, ...func(*kinesis.Options)) (*kinesis.DescribeStreamConsumerOutput, error)
	RegisterStreamConsumer(context.Context, *kinesis.RegisterStreamConsumerInput, ...func(*kinesis.Options)) (*kinesis.RegisterStreamConsumerOutput, error)
	DeregisterStreamConsumer(context.Context, *kinesis.DeregisterStreamConsumerInput, ...func(*kinesis.Options)) (*kinesis.DeregisterStreamConsumerOutput, error)
	ListStreamConsumers(context.Context, *kinesis.ListStreamConsumersInput, ...func(*kinesis.Options)) (*kinesis.ListStreamConsumersOutput, error)
}

// ServerTime is the Date of an answer; zero without one.
func ServerTime(answer middleware.Metadata) time.Time {
	date, _ := awsmiddleware.GetServerTime(answer)
	return date
}

// RefusalTime is the Date of an answer that was an error; zero without one.
func RefusalTime(err error) time.Time {
	answer := answerOf(err)
	if answer == nil {
		return time.Time{}
	}
	date, err := smithyhttp.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date
}
