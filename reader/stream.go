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

// Stream is one stream as a run has opened it: which stream it is, its shards, and
// where each begins. It is made by an opening.
type Stream struct {
	streamShards
	// until is the bound of the run in the stream's own time; zero without one.
	until time.Time
	// kept is how long the stream keeps records, as retention returns it.
	kept atomic.Int64
	// distribution says whether records are where their hash keys belong.
	distribution distribution
	losses       []string         // records that are gone, or may be, and that were not read, in words
	createdAt    time.Time        // the stream, by the service; zero when it is not known
	undescribed  string           // guarded: why it is not known which stream this is; empty when it is
	unchecked    uncheckedReasons // which checks of the checkpoint cannot be made
}

func newStream(s *session, given string) *Stream {
	return &Stream{streamShards: streamShards{streamCalls: streamCalls{s, record.ParseStream(given)}, follower: noFollower{}, lineage: lineage.NewTree()}}
}

// retention is how long the stream keeps records; 0 is not known.
func (s *Stream) retention() time.Duration { return time.Duration(s.kept.Load()) }

// keeps notes how long the stream keeps records; nil does not say.
func (s *Stream) keeps(hours *int32) {
	if hours != nil {
		s.kept.Store(int64(time.Duration(*hours) * time.Hour))
	}
}

// uncheckedReasons are why checks of a checkpoint cannot be made; empty where they can.
type uncheckedReasons struct {
	recreated string // whether the stream was deleted and created again
	trimmed   string // whether records expired before they were read
}

// check is CheckStream.
func (s *Stream) check(ctx context.Context) error {
	out, err := patiently(ctx, s.session, startTimeout, s.callError("DescribeStreamSummary"), s.describe)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case isNotFound(err):
		return s.checkListed(ctx)
	case err != nil || out.StreamDescriptionSummary == nil:
		s.log.Debug("describe stream", "stream", s.ref.Name, "error", err)
		s.describedOr(Unanswered(err))
		return s.checkListed(ctx)
	}
	summary := out.StreamDescriptionSummary
	if summary.StreamCreationTimestamp == nil {
		s.describedOr("has no creation time")
	} else {
		s.describedOr("")
	}
	s.keeps(summary.RetentionPeriodHours)
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

// describedOr notes why the stream is not described now; empty when it is.
func (s *Stream) describedOr(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.undescribed = why
}

// checkListed is check where the stream is not described: ListShards knows at
// least whether there is one of that name.
func (s *Stream) checkListed(ctx context.Context) error {
	_, err := s.listPatiently(ctx, startTimeout, s.lastID(), nil)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case isNotFound(err):
		return &StreamDeletedError{s.ref.Name, err}
	}
	return nil
}

func isNotFound(err error) bool { return err != nil && classify(err) == notFound }

// learnRetention asks how long the stream keeps its records now. What is not
// allowed leaves what was known.
func (s *Stream) learnRetention(ctx context.Context) error {
	out, err := patiently(ctx, s.session, startTimeout, s.callError("DescribeStreamSummary"), s.describe)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil || out.StreamDescriptionSummary == nil:
		s.log.Debug("describe stream", "stream", s.ref.Name, "error", err)
	default:
		s.keeps(out.StreamDescriptionSummary.RetentionPeriodHours)
	}
	return nil
}

// fact returns what became of a stream that a call did not find while it was
// read, or err.
func fact(ctx context.Context, streams []*Stream, err error) error {
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

// StreamFailure is a stream that could not be opened, or looked at.
type StreamFailure struct {
	Stream string // as the caller named it
	Err    error  // as those of Reader.Run
}

// IsOfStream reports whether a failed call says something of one stream alone. It does
// not when the run has ended, or when the caller is not known.
func IsOfStream(ctx context.Context, err error) bool {
	if ctx.Err() != nil || service.IsPermanent(err) || service.IsUnsent(err) || service.IsUnauthentic(err) {
		return false
	}
	var named interface{ StreamName() string }
	var unusable *CheckpointError
	return errors.As(err, &named) || errors.As(err, &unusable)
}

// shardRef is a shard of a stream of a run.
type shardRef struct {
	s     *Stream
	shard string
}

// Stream is the stream's name.
func (a shardRef) Stream() string { return a.s.ref.Name }

// StreamARN is the stream's ARN where the caller gave one, else empty.
func (a shardRef) StreamARN() string { return a.s.ref.ARN }

// ShardID is the shard.
func (a shardRef) ShardID() string { return a.shard }

// QueryID is the query id of the run's positions.
func (a shardRef) QueryID() string { return a.s.queryID }

// IsKept says whether the positions are kept for a run to come.
func (a shardRef) IsKept() bool { return a.s.o.Positions != nil }

// Until is the run's bound in the stream's own time; zero without one.
func (a shardRef) Until() time.Time { return a.s.until }

// Now is the service's clock, carried on by this process's.
func (a shardRef) Now() time.Time { return a.s.now() }

// Log takes what is for those who look for a fault.
func (a shardRef) Log() *slog.Logger { return a.s.log }

// Info reports what a person should know.
func (a shardRef) Info(message string) { a.s.o.Info(message) }

// Error is the error of a call about the shard.
func (a shardRef) Error(call string, err error) error {
	return &CallError{Call: call, Stream: a.s.ref.Given, Shard: a.shard, Err: err}
}

// Oldest is where to begin again when a position is no longer retained: all
// records that are left came later than one that was trimmed.
func Oldest() checkpoint.Shard {
	return checkpoint.Shard{Position: record.Position{Kind: record.TrimHorizon}}
}
