// Package lineage is the family tree of a stream's shards, and what follows from
// it: which shards may be read, where a run begins in each, what it may have
// lost, and what it may forget.
//
// It does no I/O and takes no locks. Its walks visit each shard once and do not
// recurse.
package lineage

import (
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/kpl"
	"kin/internal/record"
)

// State is where a shard stands in a run.
type State int

const (
	// Waiting is the state of a shard that waits for its parents, or for somebody to start it.
	Waiting State = iota
	// Reading is the state of a shard that a goroutine fetches.
	Reading
	// Paused is the state of a shard whose goroutine is done because a bound was reached inside it.
	Paused
	// Ended is the state of a shard whose last block is in the buffer.
	Ended
	// Outside is the state of a shard that this run does not read.
	Outside
)

// Shard is one shard of the lineage.
type Shard struct {
	ID      string
	Parents []string // none, one, or two after a merge
	saved   bool     // the parents are the checkpoint's: no listing shows the shard
	State   State
	// Left says that the run leaves the shard, which it has placed, to another
	// run with the same positions.
	Left bool
	// At is where to begin: the checkpoint's position, or the initial one.
	At record.ShardPosition
	// Unlisted is set for a shard that was found as a child and whose parents
	// are not all known: it waits until a listing has shown them, or shown
	// that they are gone.
	Unlisted bool
	// ListedParents are the parents that the last listing showed; nil before one
	// has shown the shard.
	ListedParents []string
	// Closed is what the last listing said.
	Closed bool
	// Complete says that it was closed before the bound of the run: all that it has
	// arrived before that.
	Complete bool
	// Hashes is the shard's hash key range; nil when nobody has told it.
	Hashes *kpl.HashKeyRange
	// First and Last are its sequence numbers as listed; Last only if it is closed.
	First, Last string
}

// Tree is the family of a stream's shards and the order it imposes: a child
// may be read once all its parents that are known have ended. It does no I/O
// and is not safe for concurrent use. Its indexes grow with each change, so that
// a change costs what it changes and not what the stream is.
type Tree struct {
	// Shards are the known shards by ID. Callers change neither the map nor IDs and
	// parents.
	Shards map[string]*Shard
	// children are the IDs of the known shards that descend from a shard, by the
	// ID of that one, which need not be known.
	children map[string][]string
	// past are the IDs of shards that are not known, that are parents of known
	// ones, and that are not to be read: they were pruned, or the checkpoint has
	// a child of theirs. An old listing that shows them again changes nothing.
	past map[string]bool
	// inside are the shards that the run is restricted to, with their
	// descendants; nil is no restriction.
	inside map[string]bool
	// Last is the highest ID of all shards that were ever known; IDs grow with
	// the shards' ages.
	Last string

	candidates []*Shard // may have become readable since ready was called
	unlisted   []*Shard // wait for a whole listing
	visits     int      // of the checkpoint's positions, in all walks over them
	backward   []string // IDs of shards that are not above those of their parents

	parentsByAnswers, parentsByCheckpoint claims
}

// NewTree returns a tree without shards.
func NewTree() *Tree {
	return &Tree{Shards: map[string]*Shard{}, children: map[string][]string{}, past: map[string]bool{}, parentsByAnswers: claims{}, parentsByCheckpoint: claims{}}
}

// Add merges a listing, and returns the shards that are new, by ID.
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
			known.Hashes = HashKeyRange(s.HashKeyRange)
		}
	}
	found = dropPast(t, found)
	for _, s := range found {
		t.index(s)
	}
	sort.Slice(found, func(i, j int) bool { return found[i].ID < found[j].ID })
	return found
}

// AddChildren merges what the end of a shard says of its children, and returns
// those that are new. The error is that of check.
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
		child := &Shard{ID: id, Parents: slices.Clone(c.ParentShards), Hashes: HashKeyRange(c.HashKeyRange)}
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

// insert adds a shard that is not known yet.
func (t *Tree) insert(s *Shard) {
	t.Shards[s.ID] = s
	t.index(s)
}

// index takes a new shard into everything that is derived from shards.
func (t *Tree) index(s *Shard) {
	for _, p := range s.Parents {
		if of := t.children[p]; len(of) == 0 || of[len(of)-1] != s.ID { // a parent that is named twice
			t.children[p] = append(of, s.ID)
		}
	}
	if IsBackward(s.ID, s.Parents) {
		t.backward = append(t.backward, s.ID)
	}
	t.Last = max(t.Last, s.ID)
	t.candidates = append(t.candidates, s)
	if slices.ContainsFunc(s.Parents, func(p string) bool { return t.inside[p] }) {
		t.spread(t.inside, []string{s.ID})
	}
}

// Listed says that a complete listing was merged: what it did not show is not
// there.
func (t *Tree) Listed() {
	for _, s := range t.unlisted {
		s.Unlisted = false
	}
	t.candidates = append(t.candidates, t.unlisted...)
	t.unlisted = nil
}

// Settle moves a shard to a state in which it keeps no child waiting, ended or
// outside.
func (t *Tree) Settle(s *Shard, state State) {
	s.State = state
	for _, id := range t.children[s.ID] {
		t.candidates = append(t.candidates, t.Shards[id])
	}
}

// Ready returns the shards that have become readable since it was called last,
// by ID. It looks at those alone of which something has changed.
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

// IsReady says whether a shard may be read now.
func (t *Tree) IsReady(s *Shard) bool {
	return s.State == Waiting && !s.Unlisted && !slices.ContainsFunc(s.Parents, t.blocks)
}

// blocks says whether a child has to wait for the parent of that ID. A parent
// that is unknown was trimmed and has nothing left to read.
func (t *Tree) blocks(parent string) bool {
	p := t.Shards[parent]
	return p != nil && p.State != Ended && p.State != Outside
}

// HasChildren reports whether a known shard descends from the one of that ID.
func (t *Tree) HasChildren(id string) bool { return len(t.children[id]) > 0 }

// Indexed is how many entries the indexes beside the shards have: parents, and
// shards that were forgotten or are not to be read.
func (t *Tree) Indexed() (parents, past int) { return len(t.children), len(t.past) }

// Sorted returns all shards by ID.
func (t *Tree) Sorted() []*Shard {
	return slices.SortedFunc(maps.Values(t.Shards), func(a, b *Shard) int { return strings.Compare(a.ID, b.ID) })
}

// ParentsOf are the parents of a listed shard, without those that it does not
// have.
func ParentsOf(ids ...*string) []string {
	parents := []string{}
	for _, id := range ids {
		if p := aws.ToString(id); p != "" {
			parents = append(parents, p)
		}
	}
	return parents
}

// IsClosed says whether a shard takes no more records. It may still hold some.
func IsClosed(s types.Shard) bool {
	return s.SequenceNumberRange != nil && s.SequenceNumberRange.EndingSequenceNumber != nil
}

// HashKeyRange reads a shard's range; nil when there is none that can be read.
func HashKeyRange(r *types.HashKeyRange) *kpl.HashKeyRange {
	if r == nil {
		return nil
	}
	starting, ok1 := kpl.ParseHashKey(aws.ToString(r.StartingHashKey))
	ending, ok2 := kpl.ParseHashKey(aws.ToString(r.EndingHashKey))
	if !ok1 || !ok2 || starting.Compare(ending) > 0 {
		return nil
	}
	return &kpl.HashKeyRange{Starting: starting, Ending: ending}
}
