package service

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// Inputs and outputs have the names of the API. A zero member of an input is not sent. A zero
// member of an output means that the answer had an empty member or none. Members that
// distinguish the two have a comment.
//
// ServerTime is the Date header of an answer, in whole seconds, or zero if it had none.

// GetRecordsInput requests the next records of a shard.
type GetRecordsInput struct {
	ShardIterator string
	StreamARN     string
	Limit         int // 1 to 10,000 records
	DryRun        bool
}

// GetRecordsOutput has the next records of a shard.
type GetRecordsOutput struct {
	// Records is nil if the answer had no list; an empty list is not nil. The SDK decodes
	// into its own record type, so another type would cost a copy of each record. The package
	// validate also checks which members of a record are nil.
	Records            []types.Record
	NextShardIterator  string // empty at the end of the shard
	MillisBehindLatest *int64 // nil if the answer did not have it
	ChildShards        []types.ChildShard
	ServerTime         time.Time
}

// GetShardIteratorInput requests an iterator at a position in a shard.
type GetShardIteratorInput struct {
	StreamName, StreamARN  string // one of them
	ShardID                string
	ShardIteratorType      types.ShardIteratorType
	StartingSequenceNumber string    // with AT_SEQUENCE_NUMBER and AFTER_SEQUENCE_NUMBER
	Timestamp              time.Time // sent only with AT_TIMESTAMP
	DryRun                 bool
}

// GetShardIteratorOutput has the iterator.
type GetShardIteratorOutput struct {
	ShardIterator string
	ServerTime    time.Time
}

// ListShardsInput requests a page of a stream's shards. With a NextToken, StreamName and
// StreamARN must be empty.
type ListShardsInput struct {
	StreamName, StreamARN string // one of them
	NextToken             string
	ExclusiveStartShardID string
	MaxResults            int                // 1 to 10,000 shards
	ShardFilter           *types.ShardFilter // nil lists all retained shards
}

// ListShardsOutput is a page of a stream's shards.
type ListShardsOutput struct {
	// Shards is nil if the answer had no list; an empty list is not nil. A shard has the SDK's
	// type for the same reason as a record.
	Shards     []types.Shard
	NextToken  string // empty on the last page
	ServerTime time.Time
}

// PutRecordsInput writes records.
type PutRecordsInput struct {
	StreamName, StreamARN string // one of them
	// Records have the SDK's type. The SDK encodes a slice of it, so another type would cost
	// a copy of each record.
	Records []types.PutRecordsRequestEntry
	DryRun  bool
}

// PutRecordsOutput has the result of each record.
type PutRecordsOutput struct {
	Records []types.PutRecordsResultEntry // in the order of the input
}

// DescribeStreamSummaryInput requests the summary of a stream.
type DescribeStreamSummaryInput struct {
	StreamName, StreamARN string // one of them
}

// DescribeStreamSummaryOutput has the summary of a stream.
type DescribeStreamSummaryOutput struct {
	StreamDescriptionSummary *types.StreamDescriptionSummary // nil if the answer had none
	ServerTime               time.Time
}

// ListStreamsInput requests a page of the account's streams.
type ListStreamsInput struct {
	ExclusiveStartStreamName string
	NextToken                string
}

// ListStreamsOutput is a page of the account's streams.
type ListStreamsOutput struct {
	// StreamNames and StreamSummaries are nil if the answer did not have that list.
	StreamNames     []string
	StreamSummaries []types.StreamSummary
	HasMoreStreams  *bool // nil if the answer did not have it
	NextToken       string
}

// SplitShardInput splits a shard in two.
type SplitShardInput struct {
	StreamName         string
	ShardToSplit       string
	NewStartingHashKey string // of the second child
}
