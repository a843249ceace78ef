package reader

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kin/internal/apierror"
	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/internal/record"
)

// streamRun is one stream of a run. The run's lock guards what is said to be
// guarded, once the run has begun: until then nobody else knows the stream.
type streamRun struct {
	run     *run
	ref     record.Stream
	place   lineage.Placement
	lineage *lineage.Tree // guarded
	// listed is, by shard ID, whether the last whole listing shows a shard as
	// closed. The map is guarded, and replaced, never changed.
	listed   map[string]bool
	listedAt time.Time // the service's time when the run began
	// merging is held while a listing is compared with the last one. Nobody but
	// another listing waits for it. It guards the following.
	merging       sync.Mutex
	listedParents map[string][2]string // as listing.parents; nil before a listing
	// refreshing is the listing that shards wait for together.
	refreshing sharedListing
	// What the collector has to take over, guarded: shards that were found and
	// are to be read, those that were found and are left to another run, and
	// shards that listings no longer show, of which goneBefore waits for the next
	// whole listing.
	found, left []*lineage.Shard
	goneNow     [][]string
	goneBefore  []string
	// until is the bound in the stream's own time; zero without one.
	until time.Time
	// kept is how long the stream keeps records, as retention returns it.
	kept atomic.Int64
	// distribution says whether records are where their hash keys belong.
	distribution distribution
	leftOut      int64 // records of aggregates that the filter dropped
	rekeyed      int64 // records of aggregates whose keys cannot be used
	// What was said already, once for the stream.
	warned, warnedOfKey, warnedOfAuto atomic.Bool
	losses                            []string
	createdAt                         time.Time     // the stream, by the service; zero when it is not known
	failed                            error         // of a partial look, for good
	undescribed                       string        // why it is not known which stream this is; empty when it is
	unseenReasons                     unseenReasons // which checks of the checkpoint cannot be made
}

// open lists the stream's shards, decides where each begins, and returns what
// the checkpoint is to say of the stream before the first record is read.
func (s *streamRun) open(ctx context.Context, saved *checkpoint.Stream) (checkpoint.Stream, error) {
	l, err := s.listPatiently(ctx, startTimeout, "", nil)
	if err != nil {
		return checkpoint.Stream{}, err
	}
	if l.at.IsZero() {
		l.at = s.run.dateNow()
	}
	s.listedAt, s.until = l.at, s.run.o.until(l.at)
	entry := checkpoint.Stream{
		Name:            s.ref.Name,
		StartedAt:       record.Time{Time: l.at},
		InitialPosition: s.run.o.InitialPosition.String(),
		Shards:          map[string]checkpoint.Shard{},
	}
	s.place = lineage.Placement{Only: s.run.o.Shards, Initial: s.run.o.InitialPosition, StartedAt: l.at}
	if saved != nil {
		entry = *saved
		entry.Shards = maps.Clone(saved.Shards) // what was saved stays as it was
		s.place.StartedAt, s.place.Saved = saved.StartedAt.Time, saved.Shards
		if s.place.Initial, err = record.ParsePosition(saved.InitialPosition); err != nil {
			return checkpoint.Stream{}, &CheckpointError{Stream: s.ref.Name, Reason: "its initial position: " + err.Error()}
		}
	} else if p := s.place.Initial; p.Kind == record.AtTimestamp && p.Timestamp.After(l.at.Add(time.Second)) {
		return checkpoint.Stream{}, &record.OptionError{Field: "initial position", Want: "a time that is not in the future; the service's clock says " + l.at.UTC().Format(time.RFC3339)}
	}
	if err := s.identify(ctx, &entry); err != nil {
		return checkpoint.Stream{}, err
	}
	if err := s.checkFilter(ctx); err != nil {
		return checkpoint.Stream{}, err
	}
	s.place.Owns = func(shard string) bool { return s.run.positions.Owns(s.ref.Name, shard) }
	var other *CheckpointError
	if l, err = s.confirm(ctx, l); err != nil && !(s.run.verifying && errors.As(err, &other)) {
		return checkpoint.Stream{}, err
	}

	s.lineage.Add(l.shards)
	if err := s.lineage.Check(); err != nil {
		return checkpoint.Stream{}, s.ownAncestor("ListShards", "", err)
	}
	s.markComplete()
	s.listed, s.listedParents = closedShards(l), l.parents()
	s.lineage.Listed()
	lost, err := s.place.First(s.lineage)
	if err != nil {
		return checkpoint.Stream{}, s.misplaced(err)
	}
	if err := s.guard(l.at, lost, entry.Shards); err != nil {
		return checkpoint.Stream{}, err
	}
	if err := s.checkHalfRead(); err != nil {
		return checkpoint.Stream{}, err
	}
	for _, id := range lost { // and that is said, or was allowed, or is no loss
		entry.Shards[id] = goneBy(entry.Shards[id], l.at)
	}
	for id, shard := range s.lineage.Shards {
		if shard.State == lineage.Waiting || shard.Left {
			if shard.At.UpdatedAt.IsZero() {
				shard.At.UpdatedAt = record.Time{Time: l.at}
			}
			entry.Shards[id] = shard.At
		}
	}
	s.goneNow = [][]string{s.unlistedAtStart()}
	s.prune(entry.Shards)
	return entry, nil
}

// goneBy is the position in a shard that is no longer retained at a time.
func goneBy(at checkpoint.Shard, now time.Time) checkpoint.Shard {
	t := record.Time{Time: now}
	return checkpoint.Shard{Parents: at.Parents, Position: record.Position{Kind: record.ShardEnd, SequenceNumber: at.SequenceNumber},
		LastArrival: at.LastArrival, ReadThrough: t, UpdatedAt: t}
}

// identify asks which stream this is, for the checkpoint: one that was deleted
// and created again is another. The permission is optional.
func (s *streamRun) identify(ctx context.Context, entry *checkpoint.Stream) error {
	if s.run.o.Positions == nil {
		return nil
	}
	call := s.distribution.begin()
	out, err := patiently(ctx, s.run, startTimeout, s.callError("DescribeStreamSummary"), s.describe)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil || out.StreamDescriptionSummary == nil {
		s.run.log.Debug("describe stream", "stream", s.ref.Name, "error", err)
		s.undescribed = Unanswered(err)
		s.reportUnseen(s.undescribed, s.undescribed)
		return nil
	}
	summary := out.StreamDescriptionSummary
	s.distribution.learn(summary, call)
	if hours := summary.RetentionPeriodHours; hours != nil {
		s.kept.Store(int64(time.Duration(*hours) * time.Hour))
	}
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
		return recreated(s.ref.Name, was.Time, created)
	}
	entry.CreatedAt, s.createdAt = record.Time{Time: created}, created
	return nil
}

// because is an error in brackets; nothing without one.
func because(err error) string {
	if err == nil {
		return ""
	}
	return " (" + apierror.Brief(err) + ")"
}

// recreated is the error for a stream that is not the one it was.
func recreated(stream string, was, is time.Time) error {
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

// retention is how long the stream keeps records; 0 is not known.
func (s *streamRun) retention() time.Duration { return time.Duration(s.kept.Load()) }

// misplaced is the error of positions that do not fit the stream's shards.
func (s *streamRun) misplaced(err error) error {
	if id, is := errors.AsType[lineage.UnknownShardError](err); is {
		return s.notFound(string(id))
	}
	return s.ownAncestor("ListShards", "", err)
}

// notFound is the error for a shard that the stream does not have.
func (s *streamRun) notFound(shard string) error {
	return &ShardNotFoundError{Stream: s.ref.Given, Shard: shard, Known: slices.Sorted(maps.Keys(s.lineage.Shards))}
}
