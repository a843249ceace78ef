package reader

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/internal/record"
	"kin/internal/service"
)

// Stream is a stream that was opened: its identity, its shards, and where each begins.
type Stream struct {
	streamShards
	// until is the run's bound in the service's time; zero without one.
	until time.Time
	// retentionNanos is the retention period, as retention returns it.
	retentionNanos atomic.Int64
	// distribution is whether the stream places records by their hash keys.
	distribution distribution
	losses       []string         // messages about records that are gone, or may be, and were not read
	createdAt    time.Time        // the service's creation time of the stream; zero if not known
	undescribed  string           // guarded: why the stream's identity is not known; empty if it is
	unchecked    uncheckedReasons // which checks of the checkpoint are not possible
}

func newStream(s *session, given string) *Stream {
	return &Stream{streamShards: streamShards{streamCalls: streamCalls{s, record.ParseStream(given)}, follower: noFollower{}, lineage: lineage.NewTree()}}
}

// retention is how long the stream retains records; 0 if not known.
func (s *Stream) retention() time.Duration { return time.Duration(s.retentionNanos.Load()) }

// setRetention sets the retention period; nil leaves it as it is.
func (s *Stream) setRetention(hours *int32) {
	if hours != nil {
		s.retentionNanos.Store(int64(time.Duration(*hours) * time.Hour))
	}
}

// uncheckedReasons are why checks of a checkpoint are not possible; empty for a possible check.
type uncheckedReasons struct {
	recreated string // whether the stream was deleted and created again
	trimmed   string // whether records expired before they were read
}

// check implements CheckStream.
func (s *Stream) check(ctx context.Context) error {
	out, err := withRetries(ctx, s.session, startTimeout, s.callError("DescribeStreamSummary"), s.describe)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case isNotFound(err):
		return s.checkListed(ctx)
	case err != nil || out.StreamDescriptionSummary == nil:
		s.log.Debug("describe stream", "stream", s.ref.Name, "error", err)
		s.setUndescribed(Unanswered(err))
		return s.checkListed(ctx)
	}
	summary := out.StreamDescriptionSummary
	if summary.StreamCreationTimestamp == nil {
		s.setUndescribed("returned no creation time")
	} else {
		s.setUndescribed("")
	}
	s.setRetention(summary.RetentionPeriodHours)
	if summary.StreamStatus == types.StreamStatusDeleting {
		return &StreamDeletedError{Stream: s.ref.Name}
	}
	created := aws.ToTime(summary.StreamCreationTimestamp).UTC().Truncate(time.Millisecond)
	switch {
	case summary.StreamCreationTimestamp == nil:
		return nil
	case !s.createdAt.IsZero():
		if created.Equal(s.createdAt) {
			return nil
		}
	case created.Before(s.listedAt.Add(time.Second)): // a Date is cut to the second
		return nil
	}
	return &StreamRecreatedError{Stream: s.ref.Name, Created: created, Kept: s.o.Positions != nil}
}

// setUndescribed sets why the last DescribeStreamSummary gave no identity; empty if it did.
func (s *Stream) setUndescribed(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.undescribed = why
}

// checkListed is check for a stream that cannot be described: ListShards still shows whether a
// stream of that name exists.
func (s *Stream) checkListed(ctx context.Context) error {
	_, err := s.listWithRetries(ctx, startTimeout, s.lastID(), nil)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case isNotFound(err):
		return &StreamDeletedError{s.ref.Name, err}
	}
	return nil
}

func isNotFound(err error) bool { return err != nil && classify(err) == notFound }

// fetchRetention fetches the stream's retention period. If the call is not allowed, the known value
// stays.
func (s *Stream) fetchRetention(ctx context.Context) error {
	out, err := withRetries(ctx, s.session, startTimeout, s.callError("DescribeStreamSummary"), s.describe)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil || out.StreamDescriptionSummary == nil:
		s.log.Debug("describe stream", "stream", s.ref.Name, "error", err)
	default:
		s.setRetention(out.StreamDescriptionSummary.RetentionPeriodHours)
	}
	return nil
}

// explainNotFound checks whether the stream of a failed call was deleted or created again while it
// was read. It returns that error, or err if the stream is unchanged.
func explainNotFound(ctx context.Context, streams []*Stream, err error) error {
	var api smithy.APIError
	var of interface{ StreamName() string }
	var known *StreamDeletedError
	if errors.As(err, &known) {
		return err
	}
	if err == nil || ctx.Err() != nil || !errors.As(err, &api) || classify(err) != notFound || !errors.As(err, &of) {
		return err
	}
	for _, s := range streams {
		if name := of.StreamName(); name != s.ref.Given && name != s.ref.Name {
			continue
		}
		if fact := s.check(ctx); fact != nil && ctx.Err() == nil {
			return fact
		}
	}
	return err
}

// StreamFailure is a stream that could not be opened or probed.
type StreamFailure struct {
	Stream string // as the caller named it
	Err    error  // as the errors of Reader.Run
}

// IsOfStream reports whether err concerns one stream alone. It does not if ctx has ended, or if the
// credentials are at fault.
func IsOfStream(ctx context.Context, err error) bool {
	if ctx.Err() != nil || service.IsPermanent(err) || service.IsUnsent(err) || service.IsUnauthentic(err) {
		return false
	}
	var named interface{ StreamName() string }
	var unusable *CheckpointError
	return errors.As(err, &named) || errors.As(err, &unusable)
}

// shardRef identifies a shard of a stream of a run.
type shardRef struct {
	s     *Stream
	shard string
}

// Stream is the stream's name.
func (a shardRef) Stream() string { return a.s.ref.Name }

// StreamARN is the stream's ARN if the caller gave one, else empty.
func (a shardRef) StreamARN() string { return a.s.ref.ARN }

// ShardID is the shard's ID.
func (a shardRef) ShardID() string { return a.shard }

// QueryID is the query id of the run's positions.
func (a shardRef) QueryID() string { return a.s.queryID }

// IsKept reports whether the positions are kept after the run.
func (a shardRef) IsKept() bool { return a.s.o.Positions != nil }

// Until is the run's bound in the service's time; zero without one.
func (a shardRef) Until() time.Time { return a.s.until }

// Now estimates the service's time.
func (a shardRef) Now() time.Time { return a.s.now() }

// Log is the run's debug log.
func (a shardRef) Log() *slog.Logger { return a.s.log }

// Info reports what every user should know.
func (a shardRef) Info(message string) { a.s.o.Info(message) }

// Error wraps the error of a call about the shard.
func (a shardRef) Error(call string, err error) error {
	return &CallError{Call: call, Stream: a.s.ref.Given, Shard: a.shard, Err: err}
}

// Oldest is the position to resume from if a position is no longer retained: every retained record
// is newer than one that was trimmed.
func Oldest() checkpoint.Shard {
	return checkpoint.Shard{Position: record.Position{Kind: record.TrimHorizon}}
}
