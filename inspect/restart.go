package inspect

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/internal/record"
	"kin/internal/service"
	"kin/reader"
)

// Restart returns the positions for a run that starts over at the LagMeter's InitialPosition. The
// result is file, with the LagMeter's streams placed as in a first run. If shards are named, of one
// stream, only these move. All other shards stay where they are, even descendants of the named
// ones.
//
// Restart fetches the shards and the time of the streams, and saves nothing. A stream that was
// deleted and created again is a *CheckpointError. So is a file that together with the listing
// makes a shard its own ancestor. A position that the stream no longer retains is a
// *record.OptionError about "to".
func (l *LagMeter) Restart(ctx context.Context, file checkpoint.File, shards []string) (checkpoint.File, error) {
	opener := l.opener()
	opener.Options.Positions = newPositions{file.ID}
	streams, err := opener.Open(ctx)
	var bad *record.OptionError
	if errors.As(err, &bad) && bad.Field == "initial position" {
		return checkpoint.File{}, &record.OptionError{Field: "to", Want: bad.Want}
	}
	if err != nil {
		return checkpoint.File{}, err
	}
	moved := file
	moved.Streams = slices.Clone(file.Streams)
	for _, s := range streams.Streams {
		if err := restart(ctx, s, streams.File.Find(s.View().Name), &moved, shards); err != nil {
			return checkpoint.File{}, err
		}
	}
	return moved, nil
}

// restart moves the positions of one stream. entry has the new ones.
func restart(ctx context.Context, s *reader.Stream, entry *checkpoint.Stream, moved *checkpoint.File, shards []string) error {
	of := s.View()
	if err := checkRetained(of); err != nil {
		return err
	}
	if err := checkAccepted(ctx, s); err != nil {
		return err
	}
	known := moved.Find(of.Name)
	if known == nil {
		moved.Streams = append(moved.Streams, *entry)
		return nil
	}
	// A run refuses such a file, and moving single shards would not repair it.
	if err := s.CheckAncestors(known.Shards); err != nil {
		return err
	}
	switch was, is := known.CreatedAt, entry.CreatedAt; {
	case is.IsZero(): // opening the stream reported that
	case was.IsZero():
		s.ReportUncompared()
	case !was.Equal(is.Time):
		return reader.Recreated(of.Name, was.Time, is.Time)
	}
	if len(shards) == 0 {
		*known = *entry
		return nil
	}
	known.Shards = maps.Clone(known.Shards)
	for _, id := range shards {
		at, err := begin(s, id)
		if err != nil {
			return err
		}
		known.Shards[id] = at
	}
	return nil
}

// begin returns where a first run begins in a shard.
func begin(s *reader.Stream, id string) (checkpoint.Shard, error) {
	of := s.View()
	shard := of.Tree.Shards[id]
	if shard == nil {
		return checkpoint.Shard{}, s.NotFound(id)
	}
	at := shard.At
	switch {
	case shard.State != lineage.Outside:
	case of.Placement.Initial.Kind == record.AtSequenceNumber:
		return checkpoint.Shard{}, &record.OptionError{Field: "to", Want: "a sequence number of the shard whose position is reset"}
	default: // latest, in a shard that takes no more records
		at = checkpoint.Shard{Parents: shard.Parents, Position: record.Position{Kind: record.ShardEnd}}
	}
	at.UpdatedAt = record.Time{Time: of.ListedAt}
	return at, nil
}

// checkRetained refuses a time that is before the retention period: the next run would report a
// gap.
func checkRetained(of reader.View) error {
	p, oldest := of.Placement, of.ListedAt.Add(-of.Retention)
	initial := p.Initial.Resolve(p.StartedAt)
	if initial.Kind != record.AtTimestamp {
		return nil
	}
	at := initial.Timestamp.Time
	if of.Retention > 0 && at.Before(oldest) {
		return &record.OptionError{Field: "to", Want: fmt.Sprintf("a time from %s on, the start of the retention period of %s, or trim_horizon", oldest.UTC().Format(time.RFC3339), of.Name)}
	}
	return nil
}

// checkAccepted refuses a sequence number that the service does not accept: no run could resume
// from it.
func checkAccepted(ctx context.Context, s *reader.Stream) error {
	p := s.View().Placement.Initial
	if p.Kind != record.AtSequenceNumber {
		return nil
	}
	at := checkpoint.Shard{Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: p.SequenceNumber}}
	isRefused, err := s.Accepts(ctx, p.ShardID, at)
	if isRefused {
		return &record.OptionError{Field: "to", Want: fmt.Sprintf("a sequence number that the service accepts: %s", service.Brief(err))}
	}
	return err
}

// newPositions are the positions of a run that has not begun; id is its query id.
type newPositions struct{ id string }

func (newPositions) Owns(string, string) bool { return true }
func (f newPositions) Load(context.Context) (checkpoint.File, error) {
	return checkpoint.File{Version: checkpoint.Version, ID: f.id}, nil
}
func (newPositions) Begin(context.Context, ...checkpoint.Stream) error {
	return errors.New("these positions are never saved")
}
func (newPositions) Commit(context.Context, checkpoint.Commit) error {
	return errors.New("these positions are never saved")
}
func (newPositions) Release(context.Context) error { return nil }
