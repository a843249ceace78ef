package reader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"kin/internal/checkpoint"
	"kin/internal/record"
)

// Whether a stream is still the one that a run began with.

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

func isNotFound(err error) bool { return err != nil && classify(err) == gone }

// fact returns what became of a stream that a call did not find while it was
// read, or err.
func fact(ctx context.Context, streams []*Stream, err error) error {
	var api smithy.APIError
	var of interface{ StreamName() string }
	var known *StreamDeletedError
	if errors.As(err, &known) {
		return err
	}
	if err == nil || ctx.Err() != nil || !errors.As(err, &api) || classify(err) != gone || !errors.As(err, &of) {
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

// identify asks which stream this is, for the checkpoint: one that was deleted
// and created again is another. The permission is optional.
func (s opening) identify(ctx context.Context, entry *checkpoint.Stream) error {
	if s.o.Positions == nil {
		return nil
	}
	call := s.distribution.begin()
	out, err := patiently(ctx, s.session, startTimeout, s.callError("DescribeStreamSummary"), s.describe)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil || out.StreamDescriptionSummary == nil {
		s.log.Debug("describe stream", "stream", s.ref.Name, "error", err)
		s.undescribed = Unanswered(err)
		s.reportUnseen(s.undescribed, s.undescribed)
		return nil
	}
	summary := out.StreamDescriptionSummary
	s.distribution.learn(summary, call)
	s.keeps(summary.RetentionPeriodHours)
	if summary.StreamARN != nil {
		entry.ARN = *summary.StreamARN
	}
	noCreation, noRetention := "", ""
	if summary.StreamCreationTimestamp == nil {
		noCreation = "has no creation time"
		s.undescribed = noCreation
	}
	if summary.RetentionPeriodHours == nil {
		noRetention = "has no retention period"
	}
	s.reportUnseen(noCreation, noRetention)
	if noCreation != "" {
		return nil
	}
	if s.place.Saved != nil && entry.CreatedAt.IsZero() {
		s.reportUncompared()
	}
	created := summary.StreamCreationTimestamp.UTC().Truncate(time.Millisecond)
	if was := entry.CreatedAt; !was.IsZero() && !was.Equal(created) {
		return Recreated(s.ref.Name, was.Time, created)
	}
	entry.CreatedAt, s.createdAt = record.Time{Time: created}, created
	return nil
}

// Recreated is the error for a stream that is not the one it was.
func Recreated(stream string, was, is time.Time) error {
	reason := fmt.Sprintf("stream %s was deleted and created again", stream)
	form := time.RFC3339
	if is.Format(form) == was.Format(form) {
		form = "2006-01-02T15:04:05.000Z07:00"
	}
	if is.Format(form) != was.Format(form) {
		reason += fmt.Sprintf(" at %s (it was one of %s)", is.Format(form), was.Format(form))
	}
	return &CheckpointError{Stream: stream, recreated: true, Reason: reason}
}

// Recreated reports whether the stream is not the one that the positions are of.
func (e *CheckpointError) Recreated() bool { return e.recreated }
