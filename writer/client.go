package writer

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// summarizer is what it takes to describe a stream.
type summarizer interface {
	DescribeStreamSummary(context.Context, *kinesis.DescribeStreamSummaryInput, ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error)
}

// shardLister is what it takes to list shards.
type shardLister interface {
	ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error)
}

// PlaceClient is what it takes to find a shard. Its calls must be single
// attempts.
type PlaceClient interface {
	ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error)
	DescribeStreamSummary(context.Context, *kinesis.DescribeStreamSummaryInput, ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error)
}

// Client is what the writer needs of the service. Its calls must be single
// attempts: the writer retries by itself.
type Client interface {
	PutRecords(context.Context, *kinesis.PutRecordsInput, ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error)
	// DescribeStreamSummary has the stream's record limit. Writing works
	// without the permission for it; the limit is then 1 MiB.
	DescribeStreamSummary(context.Context, *kinesis.DescribeStreamSummaryInput, ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error)
	// ListShards has which record goes to which shard. Writing works without
	// the permission for it, and does not keep to the shards' limits then.
	ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error)
}
