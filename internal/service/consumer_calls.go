package service

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// DescribeStreamConsumerInput asks for one consumer.
type DescribeStreamConsumerInput struct {
	ConsumerARN             string // or
	StreamARN, ConsumerName string
}

// DescribeStreamConsumerOutput has one consumer.
type DescribeStreamConsumerOutput struct {
	ConsumerDescription *types.ConsumerDescription // nil when the answer had none
}

// RegisterStreamConsumerInput registers a consumer.
type RegisterStreamConsumerInput struct{ StreamARN, ConsumerName string }

// RegisterStreamConsumerOutput has the consumer that was registered.
type RegisterStreamConsumerOutput struct {
	Consumer *types.Consumer // nil when the answer had none
}

// DeregisterStreamConsumerInput removes a consumer.
type DeregisterStreamConsumerInput struct {
	ConsumerARN             string // or
	StreamARN, ConsumerName string
}

// ListStreamConsumersInput asks for a page of a stream's consumers. The stream is named
// with a NextToken too.
type ListStreamConsumersInput struct{ StreamARN, NextToken string }

// ListStreamConsumersOutput is a page of a stream's consumers.
type ListStreamConsumersOutput struct {
	Consumers  []types.Consumer // nil when the answer had no list; an empty list is not nil
	NextToken  string           // empty on the last page
	ServerTime time.Time
}

// SubscribeToShardInput subscribes a consumer to a shard.
type SubscribeToShardInput struct {
	ConsumerARN      string
	ShardID          string
	StartingPosition *types.StartingPosition
	DryRun           bool
}

// EventStream is the event stream of one SubscribeToShard call.
type EventStream interface {
	// Await waits until the next message begins to arrive, and returns its size
	// in bytes. Next receives it; it returns nil for a message that is no event.
	// Both return io.EOF when the service has ended the stream, another error
	// when it broke off or the service sent one.
	Await() (int64, error)
	Next() (*types.SubscribeToShardEvent, error)
	// ServerTime is the service's clock when it answered the call; zero when it
	// did not say.
	ServerTime() time.Time
	// Close ends the stream, also while Await or Next waits.
	Close()
}
