package reader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"kin/internal/apierror"
	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/validate"
)

// What happens to a stream while it is read is a fact of the run, and no
// option's fault.

// StreamDeletedError means that a stream was deleted while it was read.
type StreamDeletedError struct {
	Stream string
	Err    error // the call that did not find it; nil when the service still had it, as being deleted
}

func (e *StreamDeletedError) Error() string {
	return fmt.Sprintf("stream %s was deleted while kin read it", e.Stream)
}

func (e *StreamDeletedError) Unwrap() error { return e.Err }

// NotFound is true; it marks the error for those who do not import the type.
func (e *StreamDeletedError) NotFound() bool { return true }

// Hint says what to do next.
func (e *StreamDeletedError) Hint() string {
	return "what kin read before that is written; kin streams lists the streams that are there"
}

// StreamRecreatedError means that a stream was deleted and created again while
// it was read. Its shards and sequence numbers are another stream's.
type StreamRecreatedError struct {
	Stream  string
	Created time.Time // by the service's clock
	Kept    bool      // positions are kept, and cannot be used any more
}

func (e *StreamRecreatedError) Error() string {
	return fmt.Sprintf("stream %s was deleted and created again at %s while kin read it", e.Stream, e.Created.UTC().Format(time.RFC3339))
}

// Unusable says whether there is a checkpoint that cannot be used any more.
func (e *StreamRecreatedError) Unusable() bool { return e.Kept }

// Hint says what to do next.
func (e *StreamRecreatedError) Hint() string {
	if e.Kept {
		return "positions of one stream mean nothing in another: delete the checkpoint file and start from scratch"
	}
	return "run kin again to read the new stream"
}

// NotRetainedError means that the service no longer accepts a sequence number
// that kin received from the shard.
type NotRetainedError struct {
	Stream, Shard, SequenceNumber string
	Kept                          bool   // positions are kept, and this is one of them
	Undescribed                   string // why it is not known whether the stream is still the same; empty when it is
	Err                           error
}

func (e *NotRetainedError) Error() string {
	what := "is no longer retained: records after it may be gone"
	if e.Undescribed != "" {
		what = fmt.Sprintf("is no longer retained, or the stream was created again (DescribeStreamSummary %s)", e.Undescribed)
	}
	return fmt.Sprintf("sequence number %s of %s/%s, which kin has read, %s: %s", e.SequenceNumber, e.Stream, e.Shard, what, apierror.Brief(e.Err))
}

func (e *NotRetainedError) Unwrap() error { return e.Err }

// Unusable says whether there is a checkpoint that cannot be used any more.
func (e *NotRetainedError) Unusable() bool { return e.Kept }

// Hint says what to do next.
func (e *NotRetainedError) Hint() string {
	return "--allow-data-loss goes on from the oldest record that is left"
}

// CheckStream asks whether the stream is still the one that the run began with.
// Its errors are *StreamDeletedError, *StreamRecreatedError, and that the run has
// ended. What cannot be asked is taken for the same stream.
func (a *Assignment) CheckStream(ctx context.Context) error { return a.s.check(ctx) }

// check is CheckStream.
func (s *streamRun) check(ctx context.Context) error {
	out, err := patiently(ctx, s.run, startTimeout, s.callError("DescribeStreamSummary"), s.describe)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case isNotFound(err):
		return s.checkListed(ctx)
	case err != nil || out.StreamDescriptionSummary == nil:
		s.run.log.Debug("describe stream", "stream", s.ref.Name, "error", err)
		s.describedOr(Unanswered(err))
		return s.checkListed(ctx)
	}
	summary := out.StreamDescriptionSummary
	if summary.StreamCreationTimestamp == nil {
		s.describedOr("has no creation time")
	} else {
		s.describedOr("")
	}
	if summary.RetentionPeriodHours != nil {
		s.kept.Store(int64(time.Duration(*summary.RetentionPeriodHours) * time.Hour))
	}
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
	return &StreamRecreatedError{Stream: s.ref.Name, Created: created, Kept: s.run.o.Positions != nil}
}

// describedOr notes why the stream is not described now; empty when it is.
func (s *streamRun) describedOr(why string) {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	s.undescribed = why
}

// checkListed is check where the stream is not described: ListShards knows at
// least whether there is one of that name.
func (s *streamRun) checkListed(ctx context.Context) error {
	_, err := s.listPatiently(ctx, startTimeout, s.lastID(), nil)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case isNotFound(err):
		return &StreamDeletedError{s.ref.Name, err}
	}
	return nil
}

func isNotFound(err error) bool { return err != nil && classify(err) == gone }

// fact returns what became of a stream that a call did not find while the run
// was under way, or err.
func (r *run) fact(ctx context.Context, err error) error {
	var api smithy.APIError
	var of interface{ StreamName() string }
	var known *StreamDeletedError
	if errors.As(err, &known) {
		return err
	}
	if err == nil || ctx.Err() != nil || !errors.As(err, &api) || classify(err) != gone || !errors.As(err, &of) {
		return err
	}
	for _, s := range r.streams {
		if name := of.StreamName(); name != s.ref.Given && name != s.ref.Name {
			continue
		}
		if fact := s.check(ctx); fact != nil && ctx.Err() == nil {
			return fact
		}
	}
	return err
}

// Accepted notes that the service accepted a position of the shard.
func (a *Assignment) Accepted() { a.accepted = true }

// NotAccepted decides what follows when the service refuses a sequence number
// for good: the position to go on from, or an error. What the user typed, or
// what the checkpoint had, is at fault where it was refused at its first use.
// Where data loss is allowed, a number that an earlier run received is no longer
// retained, too.
func (a *Assignment) NotAccepted(at checkpoint.Shard, err error) (checkpoint.Shard, error) {
	if !a.accepted && !a.s.run.accepted && at.SequenceNumber == a.begin.SequenceNumber &&
		!(a.s.run.o.AllowDataLoss && a.isSaved(at)) {
		return at, a.Refused(at, err)
	}
	lost := &NotRetainedError{Stream: a.s.ref.Name, Shard: a.shard, SequenceNumber: at.SequenceNumber,
		Kept: a.s.run.o.Positions != nil, Err: err}
	a.s.run.mu.Lock()
	lost.Undescribed = a.s.undescribed
	a.s.run.mu.Unlock()
	if !a.s.run.o.AllowDataLoss {
		return at, lost
	}
	a.Say(lost.Error())
	return Oldest(), nil
}

// isSaved reports whether a position is of the checkpoint, and has a sequence
// number that kin received.
func (a *Assignment) isSaved(at checkpoint.Shard) bool {
	return a.s.place.Saved != nil && at.SequenceNumber != "" &&
		(at.Kind == record.AfterSequenceNumber || at.SubSequenceNumber != nil)
}

// IsLast reports whether no record of the closed shard can follow one of that
// sequence number, which was refused. Of a number that this run did not receive
// that is so only for the last one itself: another stream's may be higher. Some
// implementations give a closed shard a last sequence number that has nothing to
// do with its records; that says nothing.
func (a *Assignment) IsLast(sequence string) bool {
	a.s.run.mu.Lock()
	defer a.s.run.mu.Unlock()
	shard := a.s.lineage.Shards[a.shard]
	if shard == nil || !validate.SequenceNumber(shard.First) || !validate.SequenceNumber(shard.Last) || validate.Compare(shard.First, shard.Last) > 0 {
		return false
	}
	beyond := validate.Compare(sequence, shard.Last)
	return beyond == 0 || beyond > 0 && a.accepted && a.s.undescribed == ""
}
