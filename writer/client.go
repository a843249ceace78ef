package writer

import (
	"context"

	"kin/internal/service"
)

// summarizer describes a stream.
type summarizer interface {
	DescribeStreamSummary(context.Context, *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error)
}

// shardLister lists the shards of a stream.
type shardLister interface {
	ListShards(context.Context, *service.ListShardsInput) (*service.ListShardsOutput, error)
}

// MetadataClient has the calls that describe a stream and list its shards. Each call must
// be a single attempt, without retries.
type MetadataClient interface {
	ListShards(context.Context, *service.ListShardsInput) (*service.ListShardsOutput, error)
	DescribeStreamSummary(context.Context, *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error)
}

// Client has the calls that the writer makes. Each call must be a single attempt: the
// writer retries itself.
type Client interface {
	PutRecords(context.Context, *service.PutRecordsInput) (*service.PutRecordsOutput, error)
	// DescribeStreamSummary returns the stream's record size limit. Without permission for it
	// the limit is 1 MiB.
	DescribeStreamSummary(context.Context, *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error)
	// ListShards returns the hash key ranges of the shards. Without permission for it the
	// writer cannot keep to the shards' limits.
	ListShards(context.Context, *service.ListShardsInput) (*service.ListShardsOutput, error)
}
