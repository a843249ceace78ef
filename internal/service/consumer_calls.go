package service

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// DescribeStreamConsumerInput requests the description of one consumer. It is named by its ARN
// or by the stream and its name.
type DescribeStreamConsumerInput struct {
	ConsumerARN             string
	StreamARN, ConsumerName string
}

// DescribeStreamConsumerOutput has one consumer.
type DescribeStreamConsumerOutput struct {
	ConsumerDescription *types.ConsumerDescription // nil if the answer had none
}

// RegisterStreamConsumerInput registers a consumer.
type RegisterStreamConsumerInput struct{ StreamARN, ConsumerName string }

// RegisterStreamConsumerOutput has the new consumer.
type RegisterStreamConsumerOutput struct {
	Consumer *types.Consumer // nil if the answer had none
}

// DeregisterStreamConsumerInput deregisters a consumer. It is named by its ARN or by the
// stream and its name.
type DeregisterStreamConsumerInput struct {
	ConsumerARN             string
	StreamARN, ConsumerName string
}

// ListStreamConsumersInput requests a page of a stream's consumers. StreamARN is required even
// with a NextToken.
type ListStreamConsumersInput struct{ StreamARN, NextToken string }

// ListStreamConsumersOutput is a page of a stream's consumers.
type ListStreamConsumersOutput struct {
	Consumers  []types.Consumer // nil if the answer had no list; an empty list is not nil
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
	// Await waits until the next message begins to arrive. It returns the size of the message
	// in bytes, or 0 if the size is unknown. Errors are those of Next.
	Await() (int64, error)
	// Next receives the next message. It returns nil without an error if the message is not an
	// event. It returns io.EOF if the service ended the stream, and another error if the stream
	// broke off or the service sent an error. It must not be called after an error.
	Next() (*types.SubscribeToShardEvent, error)
	// ServerTime returns the service's clock when it answered the call, or zero if it is
	// unknown.
	ServerTime() time.Time
	// Close ends the stream. It may be called while Await or Next waits.
	Close()
}
