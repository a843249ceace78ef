package lineage

import (
	"iter"
	"slices"
	"strings"
	"time"

	"kin/internal/record"
)

// Gap is a stretch of time in which records of a shard may have arrived and
// been trimmed before they were read.
type Gap struct {
	Shard    string
	From, To time.Time
}

// Gaps holds the checkpoint's positions against what the stream still retains
// at now. It does not wait for the service to complain: a sequence number that
// was trimmed may be refused, or answered with the oldest record, or with
// nothing. A quiet shard is no gap: what counts is up to when it was read, not
// when its last record came. It wants the shards placed.
func (p Placement) Gaps(t *Tree, now time.Time, retention time.Duration) []Gap {
	horizon := now.Add(-retention)
	continued := p.continued(t)
	var found []Gap
	for id, s := range p.positions(t) {
		if !p.Owns(id) || t.inside != nil && !t.inside[id] {
			continue
		}
		// Where the checkpoint knows a child of a shard that ended, reading goes
		// on in that one.
		if s.Kind == record.ShardEnd && continued[id] {
			continue
		}
		if through := ReadThrough(s); !through.IsZero() && through.Before(horizon) {
			found = append(found, Gap{id, through, horizon})
		}
	}
	slices.SortFunc(found, func(a, b Gap) int { return strings.Compare(a.Shard, b.Shard) })
	return found
}

// continued are the shards of which the checkpoint knows a child.
func (p Placement) continued(t *Tree) map[string]bool {
	continued := map[string]bool{}
	for _, s := range p.positions(t) {
		for _, parent := range s.Parents {
			continued[parent] = true
		}
	}
	return continued
}

// positions walks over the checkpoint's positions, and counts them.
func (p Placement) positions(t *Tree) iter.Seq2[string, record.ShardPosition] {
	return func(yield func(string, record.ShardPosition) bool) {
		for id, s := range p.Saved {
			t.visits++
			if !yield(id, s) {
				return
			}
		}
	}
}

// ReadThrough is up to when everything in a shard was read. Of a shard that
// was not read at all it is when its reading was to begin: what arrived since
// then was to be read.
func ReadThrough(s record.ShardPosition) time.Time {
	switch {
	case !s.ReadThrough.IsZero():
		return s.ReadThrough.Time
	case s.Kind == record.AtTimestamp:
		return s.Timestamp.Time
	default:
		return s.UpdatedAt.Time
	}
}

// IsLoss reports whether a shard that is no longer listed may have held records
// beyond a position, where the stream retains records for that long; 0 is not
// known. A shard is listed until its last record has expired: where it was read up
// to a time that the stream still retains, nothing came later.
func IsLoss(at record.ShardPosition, retention time.Duration) bool {
	return retention == 0 || at.ReadThrough.IsZero()
}
