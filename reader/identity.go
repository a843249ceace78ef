package reader

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/record"
)

// Checks whether a stream is still the one that a run began with.

// identify fetches the stream's identity for the checkpoint: a stream that was deleted and created
// again is another one. The permission for the call is optional.
func identify(ctx context.Context, s *Stream, entry *checkpoint.Stream) error {
	if s.o.Positions == nil {
		return nil
	}
	call := s.distribution.begin()
	out, err := withRetries(ctx, s.session, startTimeout, s.callError("DescribeStreamSummary"), s.describe)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil || out.StreamDescriptionSummary == nil {
		s.log.Debug("describe stream", "stream", s.ref.Name, "error", err)
		s.undescribed = Unanswered(err)
		reportUnchecked(s, s.undescribed, s.undescribed)
		return nil
	}
	summary := out.StreamDescriptionSummary
	s.distribution.setAnswer(summary, call)
	s.setRetention(summary.RetentionPeriodHours)
	if summary.StreamARN != nil {
		entry.ARN = *summary.StreamARN
	}
	noCreation, noRetention := "", ""
	if summary.StreamCreationTimestamp == nil {
		noCreation = "returned no creation time"
		s.undescribed = noCreation
	}
	if summary.RetentionPeriodHours == nil {
		noRetention = "returned no retention period"
	}
	reportUnchecked(s, noCreation, noRetention)
	if noCreation != "" {
		return nil
	}
	if s.placement.Saved != nil && entry.CreatedAt.IsZero() {
		s.reportUncompared()
	}
	created := summary.StreamCreationTimestamp.UTC().Truncate(time.Millisecond)
	if was := entry.CreatedAt; !was.IsZero() && !was.Equal(created) {
		return Recreated(s.ref.Name, was.Time, created)
	}
	entry.CreatedAt, s.createdAt = record.Time{Time: created}, created
	return nil
}

// Recreated is the error for a stream that was deleted and created again.
func Recreated(stream string, was, is time.Time) error {
	reason := fmt.Sprintf("stream %s was deleted and created again", stream)
	form := time.RFC3339
	if is.Format(form) == was.Format(form) {
		form = "2006-01-02T15:04:05.000Z07:00"
	}
	if is.Format(form) != was.Format(form) {
		reason += fmt.Sprintf(" at %s (the checkpoint's stream was created at %s)", is.Format(form), was.Format(form))
	}
	return &CheckpointError{Stream: stream, recreated: true, Reason: reason}
}

// reportUnchecked stores and reports why the stream's summary does not have the creation time or
// the retention period. An empty reason means that it has it.
func reportUnchecked(s *Stream, creation, retention string) {
	const (
		again   = "when the stream is deleted and created again"
		expired = "when records expire before they are read"
	)
	report := func(reason, what string) string {
		reason = fmt.Sprintf("DescribeStreamSummary of %s %s", s.ref.Name, reason)
		s.o.Info(reason + ": kin will not notice " + what)
		return reason
	}
	switch {
	case creation != "" && creation == retention:
		s.unchecked.recreated = report(creation, again+", or "+expired)
		s.unchecked.trimmed = s.unchecked.recreated
		return
	case creation != "":
		s.unchecked.recreated = report(creation, again)
	}
	if retention != "" {
		s.unchecked.trimmed = report(retention, expired)
	}
}

// reportUncompared stores and reports that the checkpoint does not have the creation time of its
// stream.
func (s *Stream) reportUncompared() {
	s.unchecked.recreated = "the checkpoint has no creation time of stream " + s.ref.Name
	s.o.Info(s.unchecked.recreated + ": kin did not check whether the stream was deleted and created again")
}

// A listing that does not have a shard of the checkpoint is repeated. It may lag behind a reshard
// whose children a run has already read.
const (
	maxRelists  = 5
	relistEvery = time.Second
)

// relist lists again until the listing agrees with the checkpoint. Then no shard of the checkpoint
// is newer than the newest listed one, and no shard that the checkpoint calls ended is open. If
// they never agree, the positions are another stream's. They would keep records of this stream from
// being read.
func relist(ctx context.Context, s *Stream, l listing) (listing, error) {
	for tries := 0; ; tries++ {
		reason := contradiction(s, l)
		if reason == "" {
			return l, nil
		}
		if tries == maxRelists {
			return l, &CheckpointError{Stream: s.ref.Name, Reason: reason, next: "the file belongs to another stream, or was changed: name another file, and kin begins at --from (default latest); or set new positions with kin checkpoint reset"}
		}
		if err := sleepUntil(ctx, time.Now().Add(relistEvery)); err != nil {
			return l, err
		}
		at := l.at
		var err error
		if l, err = s.listWithRetries(ctx, startTimeout, "", nil); err != nil {
			return l, err
		}
		l.at = at // the time when the run began
	}
}

// contradiction describes how a listing and the checkpoint contradict each other; empty if they do
// not.
func contradiction(s *Stream, l listing) string {
	last, open := l.last(), l.open()
	for _, id := range slices.Sorted(maps.Keys(s.placement.Saved)) {
		switch {
		case id > last: // IDs only grow
			return fmt.Sprintf("stream %s never had shard %s: its newest shard is %s", s.ref.Name, id, last)
		case open[id] && s.placement.Saved[id].Kind == record.ShardEnd:
			return fmt.Sprintf("the checkpoint says that %s/%s has ended, but the shard is open", s.ref.Name, id)
		}
	}
	return ""
}
