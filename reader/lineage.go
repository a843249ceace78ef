package reader

import (
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/kpl"
	tree "kin/internal/lineage"
)

// shardState is where a shard stands in a run.
type shardState int

const (
	// waiting for its parents, or for somebody to start it.
	waiting shardState = iota
	// reading: a goroutine fetches it.
	reading
	// paused: its goroutine is done because a bound was reached inside it.
	paused
	// ended: its last block is in the buffer.
	ended
	// outside: this run does not read it.
	outside
)

// shard is one shard of the lineage.
type shard struct {
	id      string
	parents []string // none, one, or two after a merge
	saved   bool     // the parents are the checkpoint's: no listing shows the shard
	state   shardState
	// left says that the run leaves the shard, which it has placed, to another
	// run with the same positions.
	left bool
	// at is where to begin: the checkpoint's position, or the initial one.
	at checkpoint.Shard
	// unlisted is set for a shard that was found as a child and whose parents
	// are not all known: it waits until a listing has shown them, or shown
	// that they are gone.
	unlisted bool
	// listedParents are the parents that the last listing showed; nil before one
	// has shown the shard.
	listedParents []string
	// closed is what the last listing said.
	closed bool
	// complete says that it was closed before the bound of the run: all that it has
	// arrived before that.
	complete bool
	heard    bool // it has said anything in this run; its goroutine's own
	// hashes is the shard's hash key range; nil when nobody has told it.
	hashes *kpl.HashKeyRange
	// first and last are its sequence numbers as listed; last only if it is closed.
	first, last string
}

// lineage is the family of a stream's shards and the order it imposes: a child
// may be read once all its parents that are known have ended. It does no I/O
// and is not safe for concurrent use. Its indexes grow with each change, so that
// a change costs what it changes and not what the stream is.
type lineage struct {
	shards map[string]*shard
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
	// last is the highest ID of all shards that were ever known; IDs grow with
	// the shards' ages.
	last string

	candidates []*shard // may have become readable since ready was called
	unlisted   []*shard // wait for a whole listing
	visits     int      // of the checkpoint's positions, in all walks over them
	backward   []string // IDs of shards that are not above those of their parents

	parentsByAnswers, parentsByCheckpoint claims
}

func newLineage() *lineage {
	return &lineage{shards: map[string]*shard{}, children: map[string][]string{}, past: map[string]bool{}, parentsByAnswers: claims{}, parentsByCheckpoint: claims{}}
}

// add merges a listing, and returns the shards that are new, by ID.
func (l *lineage) add(listed []types.Shard) []*shard {
	var found []*shard
	for _, s := range listed {
		id := aws.ToString(s.ShardId)
		known := l.shards[id]
		parents := parentsOf(s.ParentShardId, s.AdjacentParentShardId)
		if known == nil {
			known = &shard{id: id, parents: parents}
			l.shards[id] = known
			found = append(found, known)
		} else {
			l.claimByAnswer(id, parents)
		}
		known.closed, known.listedParents = isClosed(s), parents
		if r := s.SequenceNumberRange; r != nil {
			known.first, known.last = aws.ToString(r.StartingSequenceNumber), aws.ToString(r.EndingSequenceNumber)
		}
		if known.hashes == nil {
			known.hashes = hashKeyRange(s.HashKeyRange)
		}
	}
	found = l.dropPast(found)
	for _, s := range found {
		l.index(s)
	}
	sort.Slice(found, func(i, j int) bool { return found[i].id < found[j].id })
	return found
}

// addChildren merges what the end of a shard says of its children, and returns
// those that are new. The error is that of check.
func (l *lineage) addChildren(parent string, children []types.ChildShard) ([]*shard, error) {
	var found []*shard
	for _, c := range children {
		id := aws.ToString(c.ShardId)
		if id == "" {
			continue
		}
		named := append([]string{parent}, c.ParentShards...)
		if l.past[id] || l.shards[id] != nil {
			l.claimByAnswer(id, named)
			continue
		}
		child := &shard{id: id, parents: slices.Clone(c.ParentShards), hashes: hashKeyRange(c.HashKeyRange)}
		child.unlisted = slices.ContainsFunc(child.parents, func(p string) bool { return l.shards[p] == nil && !l.past[p] })
		l.insert(child)
		l.claimByAnswer(id, named)
		if child.unlisted {
			l.unlisted = append(l.unlisted, child)
		}
		found = append(found, child)
	}
	return found, l.check()
}

// insert adds a shard that is not known yet.
func (l *lineage) insert(s *shard) {
	l.shards[s.id] = s
	l.index(s)
}

// index takes a new shard into everything that is derived from shards.
func (l *lineage) index(s *shard) {
	for _, p := range s.parents {
		if of := l.children[p]; len(of) == 0 || of[len(of)-1] != s.id { // a parent that is named twice
			l.children[p] = append(of, s.id)
		}
	}
	if tree.IsBackward(s.id, s.parents) {
		l.backward = append(l.backward, s.id)
	}
	l.last = max(l.last, s.id)
	l.candidates = append(l.candidates, s)
	if slices.ContainsFunc(s.parents, func(p string) bool { return l.inside[p] }) {
		l.include(s.id)
	}
}

// listed says that a complete listing was merged: what it did not show is not
// there.
func (l *lineage) listed() {
	for _, s := range l.unlisted {
		s.unlisted = false
	}
	l.candidates = append(l.candidates, l.unlisted...)
	l.unlisted = nil
}

// settle moves a shard to a state in which it keeps no child waiting, ended or
// outside.
func (l *lineage) settle(s *shard, state shardState) {
	s.state = state
	for _, id := range l.children[s.id] {
		l.candidates = append(l.candidates, l.shards[id])
	}
}

// ready returns the shards that have become readable since it was called last,
// by ID. It looks at those alone of which something has changed.
func (l *lineage) ready() []*shard {
	var ready []*shard
	for _, s := range l.candidates {
		if l.isReady(s) && l.shards[s.id] == s {
			ready = append(ready, s)
		}
	}
	l.candidates = nil
	sort.Slice(ready, func(i, j int) bool { return ready[i].id < ready[j].id })
	return slices.Compact(ready)
}

// isReady says whether a shard may be read now.
func (l *lineage) isReady(s *shard) bool {
	return s.state == waiting && !s.unlisted && !slices.ContainsFunc(s.parents, l.blocks)
}

// blocks says whether a child has to wait for the parent of that ID. A parent
// that is unknown was trimmed and has nothing left to read.
func (l *lineage) blocks(parent string) bool {
	p := l.shards[parent]
	return p != nil && p.state != ended && p.state != outside
}

// sorted returns all shards by ID.
func (l *lineage) sorted() []*shard {
	return slices.SortedFunc(maps.Values(l.shards), func(a, b *shard) int { return strings.Compare(a.id, b.id) })
}

func parentsOf(ids ...*string) []string {
	parents := []string{}
	for _, id := range ids {
		if p := aws.ToString(id); p != "" {
			parents = append(parents, p)
		}
	}
	return parents
}

// isClosed says whether a shard takes no more records. It may still hold some.
func isClosed(s types.Shard) bool {
	return s.SequenceNumberRange != nil && s.SequenceNumberRange.EndingSequenceNumber != nil
}
