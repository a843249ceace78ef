package lineage

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"kin/internal/record"
)

// Placement decides where the shards of one stream begin and which of them a run reads. It does no
// I/O.
type Placement struct {
	Initial record.Position
	// StartedAt is the server's time when the first run of the checkpoint began. `latest` and ages
	// are relative to it.
	StartedAt time.Time
	// Saved is the stream's positions in the checkpoint; nil on a first run.
	Saved map[string]record.ShardPosition
	Owns  func(shard string) bool
	// Only restricts the run to these shards and their descendants; empty reads all.
	Only []string
}

// First places all shards of the first listing of a run. It returns the shards that were not read
// to their end and are no longer retained.
func (p Placement) First(t *Tree) (lost []string, err error) {
	for _, id := range p.named() {
		if _, saved := p.Saved[id]; !saved && t.Shards[id] == nil {
			return nil, UnknownShardError(id)
		}
	}
	// Shards of the checkpoint that the service no longer lists still count as parents.
	for _, id := range slices.Sorted(maps.Keys(p.Saved)) {
		s := p.Saved[id]
		if t.Shards[id] == nil {
			t.insert(&Shard{ID: id, Parents: s.Parents, saved: true, Closed: true, State: Ended})
			if s.Kind != record.ShardEnd && p.Owns(id) {
				lost = append(lost, id)
			}
		}
	}
	if err := p.CheckAncestors(t); err != nil {
		return nil, err
	}
	t.claimByCheckpoint(p.Saved)
	if named := p.named(); len(named) > 0 { // another run, which reads the other shards, reports their loss
		t.inside = t.Descendants(named)
		lost = slices.DeleteFunc(lost, func(id string) bool { return !t.inside[id] })
	}
	past := t.Ancestors(keys(p.Saved))
	for _, s := range t.Shards {
		if s.State == Ended {
			continue
		}
		switch saved, known := p.Saved[s.ID]; {
		case known && saved.Kind == record.ShardEnd:
			s.State = Ended
		case known:
			s.At = saved
		case p.Saved == nil:
			p.begin(s)
		case past[s.ID]:
			// The shard is older than the start of the first run.
			s.State = Outside
		default:
			p.fromStart(s)
		}
		s.At.Parents = s.Parents
	}
	expectPast(t, p.Saved)
	for _, s := range t.Shards {
		p.restrict(t, s)
	}
	return lost, nil
}

// CheckAncestors returns an error if the checkpoint and the listed shards together make a shard its
// own ancestor.
func (p Placement) CheckAncestors(t *Tree) error {
	ids := slices.AppendSeq(slices.Collect(maps.Keys(t.Shards)), maps.Keys(p.Saved))
	id := OwnAncestor(ids, func(id string) []string {
		if s := t.Shards[id]; s != nil {
			return slices.Concat(s.Parents, p.Saved[id].Parents)
		}
		return p.Saved[id].Parents
	})
	if id == "" {
		return nil
	}
	return CheckpointCycleError(id)
}

// Later places shards that were found during the run.
func (p Placement) Later(t *Tree, found []*Shard) {
	for _, s := range found {
		p.fromStart(s)
		s.At.Parents = s.Parents
	}
	for _, s := range found { // all shards are known now, and so are their ancestors
		p.restrict(t, s)
	}
}

// named returns the shards that the run is restricted to, together with their descendants; empty
// means all.
func (p Placement) named() []string {
	if p.Initial.Kind == record.AtSequenceNumber {
		return append([]string{p.Initial.ShardID}, p.Only...)
	}
	return p.Only
}

// restrict excludes a shard that the run does not read. Another process owns it, or it is neither
// named nor a descendant of a named shard. If only Only excludes it, and not the initial position,
// a later run reads it.
func (p Placement) restrict(t *Tree, s *Shard) {
	switch {
	case s.State != Waiting:
	case !p.Owns(s.ID):
		t.Settle(s, Outside)
	case t.inside != nil && !t.inside[s.ID]:
		s.NotOwned = p.Initial.Kind != record.AtSequenceNumber
		t.Settle(s, Outside)
	}
}

// begin places a shard that existed when the first run began.
func (p Placement) begin(s *Shard) {
	switch p.Initial.Kind {
	case record.Latest:
		// Only open shards, and only records that arrive from now on. The service's LATEST would
		// skip the records that arrive before the first iterator, and again each time an iterator
		// expires.
		if s.Closed {
			s.State = Outside
			return
		}
		s.At = AtTime(p.StartedAt)
	case record.AtSequenceNumber:
		if s.ID == p.Initial.ShardID {
			s.At = record.ShardPosition{Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: p.Initial.SequenceNumber}}
			return
		}
		p.fromStart(s)
	case record.TrimHorizon, record.AtTimestamp, record.Ago:
		p.fromStart(s)
	}
}

// fromStart places a shard that is read from its start. If the initial position is a time or an
// age, it is read from that time on. So are all shards that appear after the first run began: their
// records are newer than the end of their parents.
func (p Placement) fromStart(s *Shard) {
	switch p.Initial.Kind {
	case record.AtTimestamp, record.Ago:
		s.At = AtTime(p.Initial.Resolve(p.StartedAt).Timestamp.Time)
	case record.Latest, record.TrimHorizon, record.AtSequenceNumber:
		s.At = record.ShardPosition{Position: record.Position{Kind: record.TrimHorizon}}
	}
}

// AtTime is the position of a shard that is read from a time on.
func AtTime(t time.Time) record.ShardPosition {
	return record.ShardPosition{Position: record.AtTime(t)}
}

func keys(m map[string]record.ShardPosition) []string { return slices.Collect(maps.Keys(m)) }

// UnknownShardError is the ID of a shard that the run is restricted to, and that is neither listed
// nor in the checkpoint.
type UnknownShardError string

func (e UnknownShardError) Error() string { return fmt.Sprintf("there is no shard %s", string(e)) }
