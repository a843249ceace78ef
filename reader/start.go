package reader

import (
	"maps"
	"slices"
	"time"

	"kin/internal/checkpoint"
	tree "kin/internal/lineage"
	"kin/internal/record"
)

// placement decides where the shards of one stream begin and which of them a
// run reads. It does no I/O.
type placement struct {
	stream  string // as the caller named it
	initial record.Position
	// startedAt is the server's time when the first run of the checkpoint
	// began: what `latest` and ages count from.
	startedAt time.Time
	// saved is what the checkpoint says of the stream; nil on a first run.
	saved map[string]checkpoint.Shard
	owns  func(shard string) bool
	// only restricts the run to these shards and their descendants.
	only []string
}

// first places all shards of the stream's first listing in a run. It returns
// the shards that were not read to their end and are no longer retained.
func (p placement) first(l *lineage) (lost []string, err error) {
	for _, id := range p.named() {
		if _, saved := p.saved[id]; !saved && l.shards[id] == nil {
			return nil, &ShardNotFoundError{Stream: p.stream, Shard: id, Known: slices.Sorted(maps.Keys(l.shards))}
		}
	}
	// Shards that the checkpoint knows and the service no longer lists still
	// count as parents.
	for _, id := range slices.Sorted(maps.Keys(p.saved)) {
		s := p.saved[id]
		if l.shards[id] == nil {
			l.insert(&shard{id: id, parents: s.Parents, saved: true, closed: true, state: ended})
			if s.Kind != record.ShardEnd && p.owns(id) {
				lost = append(lost, id)
			}
		}
	}
	if err := p.checkAncestors(l); err != nil {
		return nil, err
	}
	l.claimByCheckpoint(p.saved)
	if named := p.named(); len(named) > 0 { // what the run leaves out is told by the one that does not
		l.inside = l.descendants(named)
		lost = slices.DeleteFunc(lost, func(id string) bool { return !l.inside[id] })
	}
	past := l.ancestors(keys(p.saved))
	for _, s := range l.shards {
		if s.state == ended {
			continue
		}
		switch saved, known := p.saved[s.id]; {
		case known && saved.Kind == record.ShardEnd:
			s.state = ended
		case known:
			s.at = saved
		case p.saved == nil:
			p.begin(s)
		case past[s.id]:
			// Older than where the first run began.
			s.state = outside
		default:
			p.descend(s)
		}
		s.at.Parents = s.parents
	}
	l.expectPast(p.saved)
	for _, s := range l.shards {
		p.restrict(l, s)
	}
	return lost, nil
}

// checkAncestors refuses a checkpoint by which, together with what is listed, a
// shard descends from itself.
func (p placement) checkAncestors(l *lineage) error {
	ids := slices.AppendSeq(slices.Collect(maps.Keys(l.shards)), maps.Keys(p.saved))
	id := tree.OwnAncestor(ids, func(id string) []string {
		if s := l.shards[id]; s != nil {
			return slices.Concat(s.parents, p.saved[id].Parents)
		}
		return p.saved[id].Parents
	})
	if id == "" {
		return nil
	}
	return checkpointCycle(p.stream, "ListShards", id)
}

// later places shards that were found while the run was under way.
func (p placement) later(l *lineage, found []*shard) {
	for _, s := range found {
		p.descend(s)
		s.at.Parents = s.parents
	}
	for _, s := range found { // all are known now, and with them who descends from whom
		p.restrict(l, s)
	}
}

// named are the shards that the run is restricted to, with their descendants;
// none of them means all.
func (p placement) named() []string {
	if p.initial.Kind == record.AtSequenceNumber {
		return append([]string{p.initial.ShardID}, p.only...)
	}
	return p.only
}

// restrict takes a shard out of the run that is not its own: one of others, or
// one that is neither named nor descends from one that is. What only the run
// leaves out, and not where it began, is left to a later run.
func (p placement) restrict(l *lineage, s *shard) {
	switch {
	case s.state != waiting:
	case !p.owns(s.id):
		l.settle(s, outside)
	case l.inside != nil && !l.inside[s.id]:
		s.left = p.initial.Kind != record.AtSequenceNumber
		l.settle(s, outside)
	}
}

// begin places a shard that was there when the first run began.
func (p placement) begin(s *shard) {
	switch p.initial.Kind {
	case record.Latest:
		// What arrives from now on: of the shards that are open. Not the
		// service's LATEST, which would skip what comes between now and the
		// first iterator, and again whenever an iterator expires.
		if s.closed {
			s.state = outside
			return
		}
		s.at = atTime(p.startedAt)
	case record.AtSequenceNumber:
		if s.id == p.initial.ShardID {
			s.at = checkpoint.Shard{Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: p.initial.SequenceNumber}}
			return
		}
		p.descend(s)
	case record.TrimHorizon, record.AtTimestamp, record.Ago:
		p.descend(s)
	}
}

// descend places a shard that appeared after the first run began. It is read
// from its start, whatever the initial position: what is in it came later than
// the end of its parents. Where the run began at a time, that time still
// excludes what is older.
func (p placement) descend(s *shard) {
	switch p.initial.Kind {
	case record.AtTimestamp:
		s.at = atTime(p.initial.Timestamp.Time)
	case record.Ago:
		s.at = atTime(p.startedAt.Add(-p.initial.Age))
	case record.Latest, record.TrimHorizon, record.AtSequenceNumber:
		s.at = checkpoint.Shard{Position: record.Position{Kind: record.TrimHorizon}}
	}
}

func atTime(t time.Time) checkpoint.Shard {
	return checkpoint.Shard{Position: record.AtTime(t)}
}

func keys(m map[string]checkpoint.Shard) []string { return slices.Collect(maps.Keys(m)) }
