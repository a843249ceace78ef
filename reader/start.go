package reader

import (
	"slices"
	"time"

	"kin/internal/checkpoint"
)

// placement decides where the shards of one stream begin and which of them a
// run reads. It does no I/O.
type placement struct {
	stream  string // as the caller named it
	initial Position
	// startedAt is the server's time when the first run of the checkpoint
	// began: what `latest` and ages count from.
	startedAt time.Time
	// saved is what the checkpoint says of the stream; nil on a first run.
	saved map[string]checkpoint.Shard
	owns  func(shard string) bool
}

// first places all shards of the stream's first listing in a run. It returns
// the shards that were not read to their end and are no longer retained.
func (p placement) first(l *lineage) (lost []string, err error) {
	if p.saved == nil && p.initial.Kind == AtSequence && l.shards[p.initial.ShardID] == nil {
		return nil, &ShardNotFoundError{Stream: p.stream, Shard: p.initial.ShardID}
	}
	// Shards that the checkpoint knows and the service no longer lists still
	// count as parents.
	for id, s := range p.saved {
		if l.shards[id] == nil {
			l.shards[id] = &shard{id: id, parents: s.Parents, closed: true, state: ended}
			if s.Position != checkpoint.ShardEnd && p.owns(id) {
				lost = append(lost, id)
			}
		}
	}
	past := l.ancestors(keys(p.saved))
	for _, s := range l.shards {
		if s.state == ended {
			continue
		}
		switch saved, known := p.saved[s.id]; {
		case !p.owns(s.id):
			s.state = outside
		case known && saved.Position == checkpoint.ShardEnd:
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
	if p.restricted() {
		p.includeDescendants(l)
	}
	slices.Sort(lost)
	return lost, nil
}

// later places shards that were found while the run was under way.
func (p placement) later(l *lineage, found []*shard) {
	for _, s := range found {
		if p.owns(s.id) {
			p.descend(s)
		} else {
			s.state = outside
		}
		s.at.Parents = s.parents
	}
	if p.restricted() {
		p.includeDescendants(l)
	}
}

// restricted says whether the run reads one shard and its descendants only.
func (p placement) restricted() bool { return p.initial.Kind == AtSequence }

// begin places a shard that was there when the first run began.
func (p placement) begin(s *shard) {
	switch p.initial.Kind {
	case Latest:
		// What arrives from now on: of the shards that are open. Not the
		// service's LATEST, which would skip what comes between now and the
		// first iterator, and again whenever an iterator expires.
		if s.closed {
			s.state = outside
			return
		}
		s.at = atTime(p.startedAt)
	case TrimHorizon:
		s.at = checkpoint.Shard{Position: checkpoint.TrimHorizon}
	case AtTimestamp:
		s.at = atTime(p.initial.Timestamp)
	case Ago:
		s.at = atTime(p.startedAt.Add(-p.initial.Age))
	case AtSequence:
		if s.id != p.initial.ShardID {
			s.state = outside
			return
		}
		s.at = checkpoint.Shard{Position: checkpoint.AtSequenceNumber, SequenceNumber: p.initial.SequenceNumber}
	}
}

// descend places a shard that appeared after the first run began. It is read
// from its start, whatever the initial position: what is in it came later than
// the end of its parents. Where the run began at a time, that time still
// excludes what is older.
func (p placement) descend(s *shard) {
	switch p.initial.Kind {
	case AtTimestamp:
		s.at = atTime(p.initial.Timestamp)
	case Ago:
		s.at = atTime(p.startedAt.Add(-p.initial.Age))
	case AtSequence:
		s.state = outside // until includeDescendants finds it
		s.at = checkpoint.Shard{Position: checkpoint.TrimHorizon}
	case Latest, TrimHorizon:
		s.at = checkpoint.Shard{Position: checkpoint.TrimHorizon}
	}
}

// includeDescendants takes the descendants of the shards that are read into a
// restricted run, from their start.
func (p placement) includeDescendants(l *lineage) {
	for changed := true; changed; {
		changed = false
		for _, s := range l.shards {
			if s.state != outside || !p.owns(s.id) || !slices.ContainsFunc(s.parents, func(id string) bool {
				parent := l.shards[id]
				return parent != nil && parent.state != outside
			}) {
				continue
			}
			s.state = waiting
			s.at = checkpoint.Shard{Parents: s.parents, Position: checkpoint.TrimHorizon}
			changed = true
		}
	}
}

func atTime(t time.Time) checkpoint.Shard {
	return checkpoint.Shard{Position: checkpoint.AtTimestamp, Timestamp: checkpoint.Time{Time: t}}
}

func keys(m map[string]checkpoint.Shard) []string {
	ids := make([]string, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	return ids
}
