package service

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// Inputs and outputs have the names of the API. In an input the zero value of a member
// leaves it out of the request. In an output it means that the answer did not have the
// member, or had nothing in it; a member that has to tell the two apart says so.
//
// ServerTime is the Date of an answer, cut to the second; zero when it had none.

// GetRecordsInput asks for the next records of a shard.
type GetRecordsInput struct {
	ShardIterator string
	StreamARN     string
	Limit         int // 1 to 10,000 records
	DryRun        bool
}

// GetRecordsOutput has the next records of a shard.
type GetRecordsOutput struct {
	// Records is nil when the answer had no list; an empty list is not nil. A record is
	// the SDK's type, because the SDK decodes into it: a type of kin's own would cost a
	// copy of each record, and validate checks which of its members are nil.
	Records            []types.Record
	NextShardIterator  string // empty at the end of the shard
	MillisBehindLatest *int64 // nil when the answer did not say
	ChildShards        []types.ChildShard
	ServerTime         time.Time
}

// GetShardIteratorInput asks for an iterator at a position of a shard.
type GetShardIteratorInput struct {
	StreamName, StreamARN  string // one of them
	ShardID                string
	ShardIteratorType      types.ShardIteratorType
	StartingSequenceNumber string    // with AT_SEQUENCE_NUMBER and AFTER_SEQUENCE_NUMBER
	Timestamp              time.Time // with AT_TIMESTAMP; not sent with the others
	DryRun                 bool
}

// GetShardIteratorOutput has the iterator.
type GetShardIteratorOutput struct {
	ShardIterator string
	ServerTime    time.Time
}

// ListShardsInput asks for a page of a stream's shards. With a NextToken nothing may name
// the stream.
type ListShardsInput struct {
	StreamName, StreamARN string // one of them
	NextToken             string
	ExclusiveStartShardID string
	MaxResults            int                // 1 to 10,000 shards
	ShardFilter           *types.ShardFilter // nil is all shards that are retained
}

// ListShardsOutput is a page of a stream's shards.
type ListShardsOutput struct {
	// Shards is nil when the answer had no list; an empty list is not nil. A shard is the
	// SDK's type for the reason that a record is.
	Shards     []types.Shard
	NextToken  string // empty on the last page
	ServerTime time.Time
}

// PutRecordsInput writes records.
type PutRecordsInput struct {
	StreamName, StreamARN string // one of them
	// Records are the SDK's type, because the SDK encodes a slice of it: a type of kin's
	// own would cost a copy of each record.
	Records []types.PutRecordsRequestEntry
	DryRun  bool
}

// PutRecordsOutput says what became of each record.
type PutRecordsOutput struct {
	Records []types.PutRecordsResultEntry // in the order of the input
}

// DescribeStreamSummaryInput asks for the summary of a stream.
type DescribeStreamSummaryInput struct {
	StreamName, StreamARN string // one of them
}

// DescribeStreamSummaryOutput has the summary of a stream.
type DescribeStreamSummaryOutput struct {
	StreamDescriptionSummary *types.StreamDescriptionSummary // nil when the answer had none
	ServerTime               time.Time
}

// ListStreamsInput asks for a page of the account's streams.
type ListStreamsInput struct {
	ExclusiveStartStreamName string
	NextToken                string
}

// ListStreamsOutput is a page of the account's streams.
type ListStreamsOutput struct {
	// StreamNames and StreamSummaries are nil when the answer did not have that list.
	StreamNames     []string
	StreamSummaries []types.StreamSummary
	HasMoreStreams  *bool // nil when the answer did not say
	NextToken       string
}

// SplitShardInput splits a shard in two.
type SplitShardInput struct {
	StreamName         string
	ShardToSplit       string
	NewStartingHashKey string // of the second child
}
