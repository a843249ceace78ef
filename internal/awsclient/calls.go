package awsclient

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go/middleware"

	"kin/internal/service"
)

// Client implements service.API with the SDK's client. It copies no record and no payload,
// and it returns the SDK's errors unchanged.
type Client struct{ sdk *kinesis.Client }

var _ service.API = (*Client)(nil)

// OverSDK returns a Client that makes its calls with sdk. The SDK's client must not retry:
// kin's callers do.
func OverSDK(sdk *kinesis.Client) *Client { return &Client{sdk} }

// GetRecords implements service.StreamAPI.
func (c *Client) GetRecords(ctx context.Context, in *service.GetRecordsInput) (*service.GetRecordsOutput, error) {
	out, err := c.sdk.GetRecords(ctx, &kinesis.GetRecordsInput{
		ShardIterator: optional(in.ShardIterator),
		StreamARN:     optional(in.StreamARN),
		Limit:         optional(int32(in.Limit)),
		DryRun:        optional(in.DryRun),
	})
	if err != nil {
		return nil, err
	}
	return &service.GetRecordsOutput{
		Records:            out.Records,
		NextShardIterator:  aws.ToString(out.NextShardIterator),
		MillisBehindLatest: out.MillisBehindLatest,
		ChildShards:        out.ChildShards,
		ServerTime:         dateOf(out.ResultMetadata),
	}, nil
}

// GetShardIterator implements service.StreamAPI.
func (c *Client) GetShardIterator(ctx context.Context, in *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	input := &kinesis.GetShardIteratorInput{
		StreamName:             optional(in.StreamName),
		StreamARN:              optional(in.StreamARN),
		ShardId:                optional(in.ShardID),
		ShardIteratorType:      in.ShardIteratorType,
		StartingSequenceNumber: optional(in.StartingSequenceNumber),
		DryRun:                 optional(in.DryRun),
	}
	if in.ShardIteratorType == types.ShardIteratorTypeAtTimestamp {
		input.Timestamp = aws.Time(in.Timestamp)
	}
	out, err := c.sdk.GetShardIterator(ctx, input)
	if err != nil {
		return nil, err
	}
	return &service.GetShardIteratorOutput{ShardIterator: aws.ToString(out.ShardIterator), ServerTime: dateOf(out.ResultMetadata)}, nil
}

// ListShards implements service.StreamAPI.
func (c *Client) ListShards(ctx context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	out, err := c.sdk.ListShards(ctx, &kinesis.ListShardsInput{
		StreamName:            optional(in.StreamName),
		StreamARN:             optional(in.StreamARN),
		NextToken:             optional(in.NextToken),
		ExclusiveStartShardId: optional(in.ExclusiveStartShardID),
		MaxResults:            optional(int32(in.MaxResults)),
		ShardFilter:           in.ShardFilter,
	})
	if err != nil {
		return nil, err
	}
	return &service.ListShardsOutput{Shards: out.Shards, NextToken: aws.ToString(out.NextToken), ServerTime: dateOf(out.ResultMetadata)}, nil
}

// DescribeStreamSummary implements service.StreamAPI.
func (c *Client) DescribeStreamSummary(ctx context.Context, in *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	out, err := c.sdk.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: optional(in.StreamName), StreamARN: optional(in.StreamARN)})
	if err != nil {
		return nil, err
	}
	return &service.DescribeStreamSummaryOutput{StreamDescriptionSummary: out.StreamDescriptionSummary, ServerTime: dateOf(out.ResultMetadata)}, nil
}

// PutRecords implements service.API.
func (c *Client) PutRecords(ctx context.Context, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
	out, err := c.sdk.PutRecords(ctx, &kinesis.PutRecordsInput{
		StreamName: optional(in.StreamName),
		StreamARN:  optional(in.StreamARN),
		Records:    in.Records,
		DryRun:     optional(in.DryRun),
	})
	if err != nil {
		return nil, err
	}
	return &service.PutRecordsOutput{Records: out.Records}, nil
}

// ListStreams implements service.API.
func (c *Client) ListStreams(ctx context.Context, in *service.ListStreamsInput) (*service.ListStreamsOutput, error) {
	out, err := c.sdk.ListStreams(ctx, &kinesis.ListStreamsInput{
		ExclusiveStartStreamName: optional(in.ExclusiveStartStreamName),
		NextToken:                optional(in.NextToken),
	})
	if err != nil {
		return nil, err
	}
	return &service.ListStreamsOutput{
		StreamNames:     out.StreamNames,
		StreamSummaries: out.StreamSummaries,
		HasMoreStreams:  out.HasMoreStreams,
		NextToken:       aws.ToString(out.NextToken),
	}, nil
}

// DescribeStreamConsumer implements service.ConsumerAPI.
func (c *Client) DescribeStreamConsumer(ctx context.Context, in *service.DescribeStreamConsumerInput) (*service.DescribeStreamConsumerOutput, error) {
	out, err := c.sdk.DescribeStreamConsumer(ctx, &kinesis.DescribeStreamConsumerInput{
		StreamARN:    optional(in.StreamARN),
		ConsumerName: optional(in.ConsumerName),
		ConsumerARN:  optional(in.ConsumerARN),
	})
	if err != nil {
		return nil, err
	}
	return &service.DescribeStreamConsumerOutput{ConsumerDescription: out.ConsumerDescription}, nil
}

// RegisterStreamConsumer implements service.ConsumerAPI.
func (c *Client) RegisterStreamConsumer(ctx context.Context, in *service.RegisterStreamConsumerInput) (*service.RegisterStreamConsumerOutput, error) {
	out, err := c.sdk.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: optional(in.StreamARN), ConsumerName: optional(in.ConsumerName)})
	if err != nil {
		return nil, err
	}
	return &service.RegisterStreamConsumerOutput{Consumer: out.Consumer}, nil
}

// DeregisterStreamConsumer implements service.ConsumerAPI.
func (c *Client) DeregisterStreamConsumer(ctx context.Context, in *service.DeregisterStreamConsumerInput) error {
	_, err := c.sdk.DeregisterStreamConsumer(ctx, &kinesis.DeregisterStreamConsumerInput{
		StreamARN:    optional(in.StreamARN),
		ConsumerName: optional(in.ConsumerName),
		ConsumerARN:  optional(in.ConsumerARN),
	}, withEmptyAnswer)
	return err
}

// ListStreamConsumers implements service.ConsumerAPI.
func (c *Client) ListStreamConsumers(ctx context.Context, in *service.ListStreamConsumersInput) (*service.ListStreamConsumersOutput, error) {
	out, err := c.sdk.ListStreamConsumers(ctx, &kinesis.ListStreamConsumersInput{StreamARN: optional(in.StreamARN), NextToken: optional(in.NextToken)})
	if err != nil {
		return nil, err
	}
	return &service.ListStreamConsumersOutput{Consumers: out.Consumers, NextToken: aws.ToString(out.NextToken), ServerTime: dateOf(out.ResultMetadata)}, nil
}

// SubscribeToShard implements service.API. It returns a *smithyhttp.ResponseError if the
// answer is an HTML page.
func (c *Client) SubscribeToShard(ctx context.Context, in *service.SubscribeToShardInput) (service.EventStream, error) {
	s, err := subscribe(ctx, c.sdk, &kinesis.SubscribeToShardInput{
		ConsumerARN:      optional(in.ConsumerARN),
		ShardId:          optional(in.ShardID),
		StartingPosition: in.StartingPosition,
		DryRun:           optional(in.DryRun),
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// SplitShard splits a shard in two. Only kin demo makes this call.
func (c *Client) SplitShard(ctx context.Context, in *service.SplitShardInput) error {
	_, err := c.sdk.SplitShard(ctx, &kinesis.SplitShardInput{
		StreamName:         optional(in.StreamName),
		ShardToSplit:       optional(in.ShardToSplit),
		NewStartingHashKey: optional(in.NewStartingHashKey),
	})
	return err
}

// optional returns a pointer to a member of a request, or nil for the zero value, which the
// SDK omits.
func optional[T comparable](value T) *T {
	var none T
	if value == none {
		return nil
	}
	return &value
}

// dateOf returns the Date header of an answer, or the zero time if it has none.
func dateOf(answer middleware.Metadata) time.Time {
	date, _ := awsmiddleware.GetServerTime(answer)
	return date
}
