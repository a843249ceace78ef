package lineage

import (
	"iter"
	"slices"
	"strings"
	"time"

	"kin/internal/record"
)

// Gap is a period in which records of a shard may have arrived and been trimmed before they were
// read.
type Gap struct {
	Shard    string
	From, To time.Time
}

// Gaps compares the checkpoint's positions with the retention period at now. It does not wait for
// an error of the service. A trimmed sequence number may get a refusal, the oldest record, or an
// empty answer. A quiet shard is no gap: the time of its last read counts, not the time of its last
// record. Call First before Gaps.
func (p Placement) Gaps(t *Tree, now time.Time, retention time.Duration) []Gap {
	horizon := now.Add(-retention)
	continued := p.continued(t)
	var found []Gap
	for id, s := range p.positions(t) {
		if !p.Owns(id) || t.inside != nil && !t.inside[id] {
			continue
		}
		// If the checkpoint knows a child of an ended shard, reading continues in the child.
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

// continued returns the shards of which the checkpoint knows a child.
func (p Placement) continued(t *Tree) map[string]bool {
	continued := map[string]bool{}
	for _, s := range p.positions(t) {
		for _, parent := range s.Parents {
			continued[parent] = true
		}
	}
	return continued
}

// positions iterates over the checkpoint's positions, and counts them.
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

// ReadThrough is the time up to which every record of a shard was read. For a shard that was not
// read yet, it is the time from which it is to be read.
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

// IsLoss reports whether a shard that is no longer listed may have had records after a position.
// retention is the stream's retention period; 0 if not known. A shard is listed until its last
// record has expired. So if the position has a ReadThrough that is still retained, no later record
// existed.
func IsLoss(at record.ShardPosition, retention time.Duration) bool {
	return retention == 0 || at.ReadThrough.IsZero()
}
