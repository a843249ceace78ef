package service

import "context"

// Client calls Kinesis at one endpoint. Package awsclient creates it.
type Client struct {
	API
	Endpoint string // the given URL; empty means AWS's endpoint of the region
	Region   string
}

// API has the calls that kin makes. Each call is one attempt. Other packages define smaller
// interfaces with the calls that they need.
//
// A call does not keep or change its input. The caller owns the output. An error of the
// service wraps a smithy.APIError with its code. If there was an answer, the error also wraps
// it as *smithyhttp.ResponseError.
type API interface {
	StreamAPI
	ConsumerAPI
	ListStreams(context.Context, *ListStreamsInput) (*ListStreamsOutput, error)
	PutRecords(context.Context, *PutRecordsInput) (*PutRecordsOutput, error)
	// SubscribeToShard opens an event stream. The caller must close it. The context limits the
	// whole stream, not only the call.
	SubscribeToShard(context.Context, *SubscribeToShardInput) (EventStream, error)
}

// StreamAPI has the calls that read a stream.
type StreamAPI interface {
	ListShards(context.Context, *ListShardsInput) (*ListShardsOutput, error)
	GetShardIterator(context.Context, *GetShardIteratorInput) (*GetShardIteratorOutput, error)
	GetRecords(context.Context, *GetRecordsInput) (*GetRecordsOutput, error)
	DescribeStreamSummary(context.Context, *DescribeStreamSummaryInput) (*DescribeStreamSummaryOutput, error)
}

// ConsumerAPI has the calls about the stream's consumers.
type ConsumerAPI interface {
	DescribeStreamConsumer(context.Context, *DescribeStreamConsumerInput) (*DescribeStreamConsumerOutput, error)
	RegisterStreamConsumer(context.Context, *RegisterStreamConsumerInput) (*RegisterStreamConsumerOutput, error)
	// DeregisterStreamConsumer succeeds only if the answer is empty, a JSON object or null. A
	// proxy's page with the status 200 is an error.
	DeregisterStreamConsumer(context.Context, *DeregisterStreamConsumerInput) error
	ListStreamConsumers(context.Context, *ListStreamConsumersInput) (*ListStreamConsumersOutput, error)
}
