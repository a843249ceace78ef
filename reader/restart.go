package reader

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"kin/internal/apierror"
	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/internal/record"
)

// Restart returns positions as they are to be for a run that begins anew at
// the position that the looker was made for: file, with the looker's streams
// as a first run places them now. With shards named, of one stream, those
// alone are moved; the others, their descendants too, stay where they are.
//
// It asks the streams for their shards and their time, and moves nothing. A
// stream that was deleted and created again is a *CheckpointError, and so is a
// file by which, together with the listing, a shard descends from itself. A
// position that the stream no longer retains is an *OptionError about "to".
func (l *Looker) Restart(ctx context.Context, file checkpoint.File, shards []string) (checkpoint.File, error) {
	o := l.o
	o.Positions = fresh{file.ID}
	r := l.lookingRun(ctx, o)
	err := r.placeAll(ctx)
	var bad *record.OptionError
	if errors.As(err, &bad) && bad.Field == "initial position" {
		return checkpoint.File{}, &record.OptionError{Field: "to", Want: bad.Want}
	}
	if err != nil {
		return checkpoint.File{}, err
	}
	moved := file
	moved.Streams = slices.Clone(file.Streams)
	for _, s := range r.streams {
		entry := r.file.Find(s.ref.Name)
		if err := s.checkRetained(); err != nil {
			return checkpoint.File{}, err
		}
		if err := s.checkAccepted(ctx); err != nil {
			return checkpoint.File{}, err
		}
		known := moved.Find(s.ref.Name)
		if known == nil {
			moved.Streams = append(moved.Streams, *entry)
			continue
		}
		// A run refuses such a file, and what is moved alone would leave it one.
		if err := (lineage.Placement{Saved: known.Shards}).CheckAncestors(s.lineage); err != nil {
			return checkpoint.File{}, s.misplaced(err)
		}
		switch was, is := known.CreatedAt, entry.CreatedAt; {
		case is.IsZero(): // and that is reported
		case was.IsZero():
			s.reportUncompared()
		case !was.Equal(is.Time):
			return checkpoint.File{}, recreated(s.ref.Name, was.Time, is.Time)
		}
		if len(shards) == 0 {
			*known = *entry
			continue
		}
		known.Shards = maps.Clone(known.Shards)
		for _, id := range shards {
			at, err := s.begin(id)
			if err != nil {
				return checkpoint.File{}, err
			}
			known.Shards[id] = at
		}
	}
	return moved, nil
}

// begin is where a first run begins in a shard.
func (s *streamRun) begin(id string) (checkpoint.Shard, error) {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	shard := s.lineage.Shards[id]
	if shard == nil {
		return checkpoint.Shard{}, s.notFound(id)
	}
	at := shard.At
	switch {
	case shard.State != lineage.Outside:
	case s.place.Initial.Kind == record.AtSequenceNumber:
		return checkpoint.Shard{}, &record.OptionError{Field: "to", Want: "a sequence number of the shard that is moved"}
	default: // latest, of a shard that takes no more records
		at = checkpoint.Shard{Parents: shard.Parents, Position: record.Position{Kind: record.ShardEnd}}
	}
	at.UpdatedAt = record.Time{Time: s.listedAt}
	return at, nil
}

// checkRetained refuses a time that is older than the stream's oldest record
// can be: the next run would find a gap.
func (s *streamRun) checkRetained() error {
	p, oldest := s.place, s.listedAt.Add(-s.retention())
	at := p.Initial.Timestamp.Time
	if p.Initial.Kind == record.Ago {
		at = p.StartedAt.Add(-p.Initial.Age)
	} else if p.Initial.Kind != record.AtTimestamp {
		return nil
	}
	if s.retention() > 0 && at.Before(oldest) {
		return &record.OptionError{Field: "to", Want: fmt.Sprintf("a time since %s, which is what %s retains, or trim_horizon", oldest.UTC().Format(time.RFC3339), s.ref.Name)}
	}
	return nil
}

// checkAccepted refuses a sequence number that the service does not accept: no
// run could go on from it.
func (s *streamRun) checkAccepted(ctx context.Context) error {
	p := s.place.Initial
	if p.Kind != record.AtSequenceNumber {
		return nil
	}
	at := checkpoint.Shard{Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: p.SequenceNumber}}
	err := s.accepts(ctx, newAssignment(s, p.ShardID, at))
	if err != nil && classify(err) == refused {
		return &record.OptionError{Field: "to", Want: fmt.Sprintf("a sequence number that the service accepts: %s", apierror.Brief(err))}
	}
	return err
}

// fresh are the positions of a run that has not begun, under a query id.
type fresh struct{ id string }

func (fresh) Owns(string, string) bool { return true }
func (f fresh) Load() (checkpoint.File, error) {
	return checkpoint.File{Version: checkpoint.Version, ID: f.id}, nil
}
func (fresh) Save(checkpoint.File, checkpoint.Moved) error {
	return errors.New("a look is never saved")
}
func (fresh) Release() error { return nil }
