package writer

import (
	"context"

	"kin/internal/service"
)

// summarizer is what it takes to describe a stream.
type summarizer interface {
	DescribeStreamSummary(context.Context, *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error)
}

// shardLister is what it takes to list shards.
type shardLister interface {
	ListShards(context.Context, *service.ListShardsInput) (*service.ListShardsOutput, error)
}

// PlaceClient is what it takes to find a shard. Its calls must be single
// attempts.
type PlaceClient interface {
	ListShards(context.Context, *service.ListShardsInput) (*service.ListShardsOutput, error)
	DescribeStreamSummary(context.Context, *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error)
}

// Client is what the writer needs of the service. Its calls must be single
// attempts: the writer retries by itself.
type Client interface {
	PutRecords(context.Context, *service.PutRecordsInput) (*service.PutRecordsOutput, error)
	// DescribeStreamSummary has the stream's record limit. Writing works
	// without the permission for it; the limit is then 1 MiB.
	DescribeStreamSummary(context.Context, *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error)
	// ListShards has which record goes to which shard. Writing works without
	// the permission for it, and does not keep to the shards' limits then.
	ListShards(context.Context, *service.ListShardsInput) (*service.ListShardsOutput, error)
}
