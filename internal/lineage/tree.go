package lineage

import (
	"slices"
	"sort"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// Add merges a listing, and returns the new shards by ID.
func (t *Tree) Add(listed []types.Shard) []*Shard {
	var found []*Shard
	for _, s := range listed {
		id := aws.ToString(s.ShardId)
		known := t.Shards[id]
		parents := ParentsOf(s.ParentShardId, s.AdjacentParentShardId)
		if known == nil {
			known = &Shard{ID: id, Parents: parents}
			t.Shards[id] = known
			found = append(found, known)
		} else {
			t.claimByAnswer(id, parents)
		}
		known.Closed, known.ListedParents = IsClosed(s), parents
		if r := s.SequenceNumberRange; r != nil {
			known.First, known.Last = aws.ToString(r.StartingSequenceNumber), aws.ToString(r.EndingSequenceNumber)
		}
		if known.Hashes == nil {
			known.Hashes = ParseHashKeyRange(s.HashKeyRange)
		}
	}
	found = dropPast(t, found)
	for _, s := range found {
		t.index(s)
	}
	sort.Slice(found, func(i, j int) bool { return found[i].ID < found[j].ID })
	return found
}

// AddChildren merges the children that the end of a shard names, and returns the new ones. The
// error is that of Check.
func (t *Tree) AddChildren(parent string, children []types.ChildShard) ([]*Shard, error) {
	var found []*Shard
	for _, c := range children {
		id := aws.ToString(c.ShardId)
		if id == "" {
			continue
		}
		named := append([]string{parent}, c.ParentShards...)
		if t.past[id] || t.Shards[id] != nil {
			t.claimByAnswer(id, named)
			continue
		}
		child := &Shard{ID: id, Parents: slices.Clone(c.ParentShards), Hashes: ParseHashKeyRange(c.HashKeyRange)}
		child.Unlisted = slices.ContainsFunc(child.Parents, func(p string) bool { return t.Shards[p] == nil && !t.past[p] })
		t.insert(child)
		t.claimByAnswer(id, named)
		if child.Unlisted {
			t.unlisted = append(t.unlisted, child)
		}
		found = append(found, child)
	}
	return found, t.Check()
}

// insert adds an unknown shard.
func (t *Tree) insert(s *Shard) {
	t.Shards[s.ID] = s
	t.index(s)
}

// index adds a new shard to the indexes.
func (t *Tree) index(s *Shard) {
	for _, p := range s.Parents {
		if of := t.children[p]; len(of) == 0 || of[len(of)-1] != s.ID { // a parent may be named twice
			t.children[p] = append(of, s.ID)
		}
	}
	if isBackward(s.ID, s.Parents) {
		t.backward = append(t.backward, s.ID)
	}
	t.Last = max(t.Last, s.ID)
	t.candidates = append(t.candidates, s)
	if slices.ContainsFunc(s.Parents, func(p string) bool { return t.inside[p] }) {
		spread(t, t.inside, []string{s.ID})
	}
}

// Listed records that a whole listing was merged. A parent that it did not show does not exist.
func (t *Tree) Listed() {
	for _, s := range t.unlisted {
		s.Unlisted = false
	}
	t.candidates = append(t.candidates, t.unlisted...)
	t.unlisted = nil
}

// Settle moves a shard to the state Ended or Outside, in which no child waits for it.
func (t *Tree) Settle(s *Shard, state State) {
	s.State = state
	for _, id := range t.children[s.ID] {
		t.candidates = append(t.candidates, t.Shards[id])
	}
}

// Ready returns the shards that have become ready since its last call, by ID. It visits only shards
// that may have changed.
func (t *Tree) Ready() []*Shard {
	var ready []*Shard
	for _, s := range t.candidates {
		if t.IsReady(s) && t.Shards[s.ID] == s {
			ready = append(ready, s)
		}
	}
	t.candidates = nil
	sort.Slice(ready, func(i, j int) bool { return ready[i].ID < ready[j].ID })
	return slices.Compact(ready)
}

// IsReady reports whether a shard may be read now.
func (t *Tree) IsReady(s *Shard) bool {
	return s.State == Waiting && !s.Unlisted && !slices.ContainsFunc(s.Parents, func(parent string) bool { return blocks(t.Shards[parent]) })
}

// blocks reports whether a child has to wait for the parent p. A nil p is unknown: the parent was
// trimmed and has no records.
func blocks(p *Shard) bool {
	return p != nil && p.State != Ended && p.State != Outside
}
