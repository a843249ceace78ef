package reader

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/internal/record"
)

// openMode lists the failures that do not end the opening of streams.
type openMode struct {
	partial  bool // one of several streams cannot be opened
	tolerant bool // positions contradict a stream that was not created again
}

// opened are the streams of a run, and its positions with all shards to read.
type opened struct {
	streams []*Stream
	failed  map[*Stream]error // streams that could not be opened, in partial mode
	file    checkpoint.File
}

// openStreams lists all streams and decides where their shards begin. It saves nothing. It returns
// the streams even with an error.
func openStreams(ctx context.Context, s *session, positions Positions, mode openMode) (*opened, error) {
	o := &opened{failed: map[*Stream]error{}}
	var err error
	if o.file, err = positions.Load(ctx); err != nil {
		return o, err
	}
	s.queryID = o.file.ID
	o.file.Streams = slices.Clone(o.file.Streams) // do not change the loaded slice
	entries, failed := make([]checkpoint.Stream, len(s.o.Streams)), make([]error, len(s.o.Streams))
	group, groupCtx := errgroup.WithContext(ctx)
	for i, given := range s.o.Streams {
		one := newStream(s, given)
		o.streams = append(o.streams, one)
		saved := o.file.Find(one.ref.Name)
		group.Go(func() (err error) {
			entries[i], err = openStream(groupCtx, one, saved, positions, mode)
			if err != nil && mode.partial && IsOfStream(groupCtx, err) {
				failed[i], err = err, nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return o, err
	}
	for i, entry := range entries {
		if failed[i] != nil {
			o.failed[o.streams[i]] = failed[i]
			continue
		}
		if known := o.file.Find(entry.Name); known != nil {
			*known = entry
		} else {
			o.file.Streams = append(o.file.Streams, entry)
		}
	}
	return o, nil
}

// begun returns the positions of the run's own streams.
func (o *opened) begun() []checkpoint.Stream {
	entries := make([]checkpoint.Stream, 0, len(o.streams))
	for _, s := range o.streams {
		entries = append(entries, *o.file.Find(s.ref.Name))
	}
	return entries
}

// latest is the latest time at which one of the streams was listed.
func latest(streams []*Stream) (at time.Time) {
	for _, s := range streams {
		if s.listedAt.After(at) {
			at = s.listedAt
		}
	}
	return at
}

// openStream lists the stream's shards and decides where each begins. It returns the entry that the
// checkpoint gets before the first record is read.
func openStream(ctx context.Context, s *Stream, saved *checkpoint.Stream, positions Positions, mode openMode) (checkpoint.Stream, error) {
	l, err := s.listWithRetries(ctx, startTimeout, "", nil)
	if err != nil {
		return checkpoint.Stream{}, err
	}
	if l.at.IsZero() {
		l.at = s.dateNow()
	}
	s.listedAt, s.until = l.at, s.o.until(l.at)
	entry := checkpoint.Stream{
		Name:            s.ref.Name,
		StartedAt:       record.Time{Time: l.at},
		InitialPosition: s.o.InitialPosition.String(),
		Shards:          map[string]checkpoint.Shard{},
	}
	s.placement = lineage.Placement{Only: s.o.Shards, Initial: s.o.InitialPosition, StartedAt: l.at}
	if saved != nil {
		entry = *saved
		entry.Shards = maps.Clone(saved.Shards) // do not change the loaded map
		s.placement.StartedAt, s.placement.Saved = saved.StartedAt.Time, saved.Shards
		if s.placement.Initial, err = record.ParsePosition(saved.InitialPosition); err != nil {
			return checkpoint.Stream{}, &CheckpointError{Stream: s.ref.Name, Reason: "its initial position: " + err.Error()}
		}
	} else if p := s.placement.Initial; p.Kind == record.AtTimestamp && p.Timestamp.After(l.at.Add(time.Second)) {
		return checkpoint.Stream{}, &record.OptionError{Field: "initial position", Want: "a time that is not in the future; the service's clock says " + l.at.UTC().Format(time.RFC3339)}
	}
	if err := identify(ctx, s, &entry); err != nil {
		return checkpoint.Stream{}, err
	}
	if err := checkFilter(ctx, s); err != nil {
		return checkpoint.Stream{}, err
	}
	s.placement.Owns = func(shard string) bool { return positions.Owns(s.ref.Name, shard) }
	var other *CheckpointError
	if l, err = relist(ctx, s, l); err != nil && !(mode.tolerant && errors.As(err, &other)) {
		return checkpoint.Stream{}, err
	}

	s.lineage.Add(l.shards)
	if err := s.lineage.Check(); err != nil {
		return checkpoint.Stream{}, s.ownAncestor("ListShards", "", err)
	}
	markComplete(s)
	s.listed, s.listedParents = closedShards(l), l.parents()
	s.lineage.Listed()
	lost, err := s.placement.First(s.lineage)
	if err != nil {
		return checkpoint.Stream{}, s.placementError(err)
	}
	if err := guard(s, l.at, lost, entry.Shards); err != nil {
		return checkpoint.Stream{}, err
	}
	if err := checkHalfRead(s); err != nil {
		return checkpoint.Stream{}, err
	}
	for _, id := range lost { // guard has reported these or ended the run, unless nothing was lost
		entry.Shards[id] = trimmedAt(entry.Shards[id], l.at)
	}
	for id, shard := range s.lineage.Shards {
		if shard.State == lineage.Waiting || shard.NotOwned {
			if shard.At.UpdatedAt.IsZero() {
				shard.At.UpdatedAt = record.Time{Time: l.at}
			}
			entry.Shards[id] = shard.At
		}
	}
	s.unlisted = [][]string{s.unlistedAtStart()}
	s.prune(entry.Shards)
	return entry, nil
}
