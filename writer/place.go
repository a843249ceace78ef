package writer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// PlaceClient is what it takes to find a shard. Its calls must be single
// attempts.
type PlaceClient interface {
	ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error)
	DescribeStreamSummary(context.Context, *kinesis.DescribeStreamSummaryInput, ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error)
}

// HashKeyOf returns an explicit hash key that leads records to an open shard of
// a stream: the first of its range. After a split or a merge the records go to
// the child that has it. A shard that is not there or is closed is a
// *ShardError; other errors are as those of Run.
func HashKeyOf(ctx context.Context, client PlaceClient, stream, shardID string) (string, error) {
	var shards []types.Shard
	for token := ""; ; {
		in := &kinesis.ListShardsInput{}
		if token != "" {
			in.NextToken = &token // and nothing that names the stream
		} else {
			in.StreamName, in.StreamARN = nameOrARN(stream)
		}
		out, err := atStart(ctx, "ListShards", stream, func(ctx context.Context) (*kinesis.ListShardsOutput, error) {
			return client.ListShards(ctx, in)
		})
		if err != nil {
			return "", err
		}
		shards = append(shards, out.Shards...)
		if token = aws.ToString(out.NextToken); token == "" {
			break
		}
	}
	missing := &ShardError{Stream: stream, Shard: shardID}
	for _, s := range shards {
		id := aws.ToString(s.ShardId)
		open := s.SequenceNumberRange == nil || s.SequenceNumberRange.EndingSequenceNumber == nil
		switch {
		case id == shardID && open && s.HashKeyRange != nil:
			return aws.ToString(s.HashKeyRange.StartingHashKey), nil
		case id == shardID:
			missing.Closed = true
		case open:
			missing.Open = append(missing.Open, id)
		}
	}
	slices.Sort(missing.Open)
	return "", missing
}

// IgnoresHashKeys says whether a stream distributes its records itself, by the
// strategy AUTO. A stream that may not be described counts as one that does not.
func IgnoresHashKeys(ctx context.Context, client PlaceClient, stream string) (bool, error) {
	summary, err := describeStream(ctx, client, stream)
	return summary != nil && summary.RecordDistributionStrategy == types.RecordDistributionStrategyAuto, err
}

// Identity is what tells a stream from others of its name: its ARN, and when it
// was created. Both are zero if the stream may not be described.
func Identity(ctx context.Context, client PlaceClient, stream string) (arn string, created time.Time, err error) {
	summary, err := describeStream(ctx, client, stream)
	if summary == nil {
		return "", time.Time{}, err
	}
	return aws.ToString(summary.StreamARN), aws.ToTime(summary.StreamCreationTimestamp), nil
}

// describeStream returns nil for a stream that may not be described.
func describeStream(ctx context.Context, client PlaceClient, stream string) (*types.StreamDescriptionSummary, error) {
	in := &kinesis.DescribeStreamSummaryInput{}
	in.StreamName, in.StreamARN = nameOrARN(stream)
	out, err := atStart(ctx, "DescribeStreamSummary", stream, func(ctx context.Context) (*kinesis.DescribeStreamSummaryOutput, error) {
		return client.DescribeStreamSummary(ctx, in)
	})
	if v := classify(err); err != nil && v != denied && v != unheard {
		return nil, err
	}
	if out == nil {
		return nil, nil
	}
	return out.StreamDescriptionSummary, nil
}

// atStart repeats a call that can be retried, for as long as the start of a run
// may take.
func atStart[T any](ctx context.Context, name, stream string, call func(context.Context) (T, error)) (T, error) {
	began := time.Now()
	start, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for wait := (backoff{}); ; {
		attempt, end := context.WithTimeout(start, startAttempt)
		out, err := call(attempt)
		end()
		if err == nil {
			return out, nil
		}
		failed := &CallError{Call: name, Stream: stream, Err: err}
		v := classify(err)
		switch {
		case ctx.Err() != nil:
			return out, context.Cause(ctx)
		case v != again && v != unsure:
			return out, failed
		case sleep(start, wait.next()) == nil:
		case ctx.Err() != nil:
			return out, context.Cause(ctx)
		default:
			return out, &GaveUpError{time.Since(began), failed}
		}
	}
}

// ShardError means that a shard cannot be written to: it is not there, or it
// was split or merged.
type ShardError struct {
	Stream, Shard string
	Closed        bool
	Open          []string // the shards that can, by ID
}

func (e *ShardError) Error() string {
	if e.Closed {
		return fmt.Sprintf("shard %q of stream %q is closed: it was split or merged", e.Shard, e.Stream)
	}
	return fmt.Sprintf("shard %q not found in stream %q", e.Shard, e.Stream)
}

// NotFound is true; it marks the error for those who do not import the type.
func (e *ShardError) NotFound() bool { return true }

// Hint names shards that can be written to.
func (e *ShardError) Hint() string {
	const shown = 5
	switch n := len(e.Open); {
	case n == 0:
		return ""
	case n > shown:
		return fmt.Sprintf("%d shards are open: %s, ...", n, strings.Join(e.Open[:shown], ", "))
	}
	return "open: " + strings.Join(e.Open, ", ")
}
