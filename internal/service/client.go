package service

import "context"

// Client calls Kinesis at one place. internal/awsclient makes it.
type Client struct {
	API
	Endpoint string // the URL that was given; empty is AWS's own for the region
	Region   string
}

// API is the calls that kin makes. Each is a single attempt. Packages take an interface
// of those that they need.
//
// A call does not keep its input or change it. The caller owns the output. The errors of
// the service have its code, as smithy.APIError. An error of a call that was answered also
// has the answer, as *smithyhttp.ResponseError.
type API interface {
	StreamAPI
	ConsumerAPI
	ListStreams(context.Context, *ListStreamsInput) (*ListStreamsOutput, error)
	PutRecords(context.Context, *PutRecordsInput) (*PutRecordsOutput, error)
	// SubscribeToShard opens an event stream, which the caller has to close. The context
	// governs the whole stream, not only the call.
	SubscribeToShard(context.Context, *SubscribeToShardInput) (EventStream, error)
}

// StreamAPI is the calls that read a stream.
type StreamAPI interface {
	ListShards(context.Context, *ListShardsInput) (*ListShardsOutput, error)
	GetShardIterator(context.Context, *GetShardIteratorInput) (*GetShardIteratorOutput, error)
	GetRecords(context.Context, *GetRecordsInput) (*GetRecordsOutput, error)
	DescribeStreamSummary(context.Context, *DescribeStreamSummaryInput) (*DescribeStreamSummaryOutput, error)
}

// ConsumerAPI is the calls about the stream's consumers.
type ConsumerAPI interface {
	DescribeStreamConsumer(context.Context, *DescribeStreamConsumerInput) (*DescribeStreamConsumerOutput, error)
	RegisterStreamConsumer(context.Context, *RegisterStreamConsumerInput) (*RegisterStreamConsumerOutput, error)
	// DeregisterStreamConsumer succeeds only if the answer is empty, or a JSON object
	// or null: a page with the status 200 removes no consumer.
	DeregisterStreamConsumer(context.Context, *DeregisterStreamConsumerInput) error
	ListStreamConsumers(context.Context, *ListStreamConsumersInput) (*ListStreamConsumersOutput, error)
}
