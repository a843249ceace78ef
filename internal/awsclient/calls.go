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

// Client makes kin's calls through the SDK's client. It is a service.API. It copies no
// record and no payload, and its errors are the SDK's.
type Client struct{ sdk *kinesis.Client }

var _ service.API = (*Client)(nil)

// OverSDK returns a Client that makes its calls through one of the SDK. That one must not
// retry by itself.
func OverSDK(sdk *kinesis.Client) *Client { return &Client{sdk} }

// GetRecords is service.StreamAPI's.
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

// GetShardIterator is service.StreamAPI's.
func (c *Client) GetShardIterator(ctx context.Context, in *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	asked := &kinesis.GetShardIteratorInput{
		StreamName:             optional(in.StreamName),
		StreamARN:              optional(in.StreamARN),
		ShardId:                optional(in.ShardID),
		ShardIteratorType:      in.ShardIteratorType,
		StartingSequenceNumber: optional(in.StartingSequenceNumber),
		DryRun:                 optional(in.DryRun),
	}
	if in.ShardIteratorType == types.ShardIteratorTypeAtTimestamp {
		asked.Timestamp = aws.Time(in.Timestamp)
	}
	out, err := c.sdk.GetShardIterator(ctx, asked)
	if err != nil {
		return nil, err
	}
	return &service.GetShardIteratorOutput{ShardIterator: aws.ToString(out.ShardIterator), ServerTime: dateOf(out.ResultMetadata)}, nil
}

// ListShards is service.StreamAPI's.
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

// DescribeStreamSummary is service.StreamAPI's.
func (c *Client) DescribeStreamSummary(ctx context.Context, in *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	out, err := c.sdk.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: optional(in.StreamName), StreamARN: optional(in.StreamARN)})
	if err != nil {
		return nil, err
	}
	return &service.DescribeStreamSummaryOutput{StreamDescriptionSummary: out.StreamDescriptionSummary, ServerTime: dateOf(out.ResultMetadata)}, nil
}

// PutRecords is service.API's.
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

// ListStreams is service.API's.
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

// DescribeStreamConsumer is service.ConsumerAPI's.
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

// RegisterStreamConsumer is service.ConsumerAPI's.
func (c *Client) RegisterStreamConsumer(ctx context.Context, in *service.RegisterStreamConsumerInput) (*service.RegisterStreamConsumerOutput, error) {
	out, err := c.sdk.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: optional(in.StreamARN), ConsumerName: optional(in.ConsumerName)})
	if err != nil {
		return nil, err
	}
	return &service.RegisterStreamConsumerOutput{Consumer: out.Consumer}, nil
}

// DeregisterStreamConsumer is service.ConsumerAPI's.
func (c *Client) DeregisterStreamConsumer(ctx context.Context, in *service.DeregisterStreamConsumerInput) error {
	_, err := c.sdk.DeregisterStreamConsumer(ctx, &kinesis.DeregisterStreamConsumerInput{
		StreamARN:    optional(in.StreamARN),
		ConsumerName: optional(in.ConsumerName),
		ConsumerARN:  optional(in.ConsumerARN),
	}, withEmptyAnswer)
	return err
}

// ListStreamConsumers is service.ConsumerAPI's.
func (c *Client) ListStreamConsumers(ctx context.Context, in *service.ListStreamConsumersInput) (*service.ListStreamConsumersOutput, error) {
	out, err := c.sdk.ListStreamConsumers(ctx, &kinesis.ListStreamConsumersInput{StreamARN: optional(in.StreamARN), NextToken: optional(in.NextToken)})
	if err != nil {
		return nil, err
	}
	return &service.ListStreamConsumersOutput{Consumers: out.Consumers, NextToken: aws.ToString(out.NextToken), ServerTime: dateOf(out.ResultMetadata)}, nil
}

// SubscribeToShard is service.API's. An answer that is a page of HTML is a
// *smithyhttp.ResponseError.
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

// SplitShard splits a shard in two. kin makes this call for its demo alone.
func (c *Client) SplitShard(ctx context.Context, in *service.SplitShardInput) error {
	_, err := c.sdk.SplitShard(ctx, &kinesis.SplitShardInput{
		StreamName:         optional(in.StreamName),
		ShardToSplit:       optional(in.ShardToSplit),
		NewStartingHashKey: optional(in.NewStartingHashKey),
	})
	return err
}

// optional is a member of a request; its zero value is left out.
func optional[T comparable](value T) *T {
	var none T
	if value == none {
		return nil
	}
	return &value
}

// dateOf is the Date of an answer; zero without one.
func dateOf(answer middleware.Metadata) time.Time {
	date, _ := awsmiddleware.GetServerTime(answer)
	return date
}
