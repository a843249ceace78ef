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
	// closed is what the last listing said.
	closed bool
	// hasChild is set when a shard is found that came of it: then it is closed,
	// whatever the last listing said.
	hasChild bool
	heard    bool // it has said anything in this run
	// hashes is the shard's hash key range; nil when nobody has told it.
	hashes *kpl.HashKeyRange
}

// lineage is the family of a stream's shards and the order it imposes: a child
// may be read once all its parents that are known have ended. It does no I/O
// and is not safe for concurrent use.
type lineage struct {
	shards map[string]*shard
}

func newLineage() *lineage { return &lineage{shards: map[string]*shard{}} }

// add merges what a complete listing says and returns the shards that are new,
// by ID. Their state is waiting; the caller says where they begin.
func (l *lineage) add(listed []types.Shard) []*shard {
	var found []*shard
	for _, s := range listed {
		id := aws.ToString(s.ShardId)
		known := l.shards[id]
		if known == nil {
			known = &shard{id: id, parents: parentsOf(s.ParentShardId, s.AdjacentParentShardId)}
			l.shards[id] = known
			l.markParents(known)
			found = append(found, known)
		}
		known.closed = isClosed(s)
		if known.hashes == nil {
			known.hashes = hashKeyRange(s.HashKeyRange)
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].id < found[j].id })
	return found
}

// addChildren merges what the end of a shard says of its children, and returns
// those that are new.
func (l *lineage) addChildren(children []types.ChildShard) []*shard {
	var found []*shard
	for _, c := range children {
		id := aws.ToString(c.ShardId)
		if id == "" || l.shards[id] != nil {
			continue
		}
		child := &shard{id: id, parents: slices.Clone(c.ParentShards), hashes: hashKeyRange(c.HashKeyRange)}
		child.unlisted = slices.ContainsFunc(child.parents, func(p string) bool { return l.shards[p] == nil })
		l.shards[id] = child
		l.markParents(child)
		found = append(found, child)
	}
	return found
}

// markParents notes at the parents of a new shard that they have a child.
func (l *lineage) markParents(child *shard) {
	for _, id := range child.parents {
		if parent := l.shards[id]; parent != nil {
			parent.hasChild = true
		}
	}
}

// listed says that a complete listing was merged: what it did not show is not
// there.
func (l *lineage) listed() {
	for _, s := range l.shards {
		s.unlisted = false
	}
}

// ready returns the shards that may be read now, by ID.
func (l *lineage) ready() []*shard {
	var ready []*shard
	for _, s := range l.shards {
		if s.state == waiting && !s.unlisted && !slices.ContainsFunc(s.parents, l.blocks) {
			ready = append(ready, s)
		}
	}
	sort.Slice(ready, func(i, j int) bool { return ready[i].id < ready[j].id })
	return ready
}

// blocks says whether a child has to wait for the parent of that ID. A parent
// that is unknown was trimmed and has nothing left to read.
func (l *lineage) blocks(parent string) bool {
	p := l.shards[parent]
	return p != nil && p.state != ended && p.state != outside
}

// ancestors returns the IDs of all shards that the given ones descend from, as
// far as they are known.
func (l *lineage) ancestors(of []string) map[string]bool {
	found := map[string]bool{}
	for len(of) > 0 {
		s := l.shards[of[len(of)-1]]
		of = of[:len(of)-1]
		if s == nil {
			continue
		}
		for _, p := range s.parents {
			if !found[p] {
				found[p] = true
				of = append(of, p)
			}
		}
	}
	return found
}

// descendants returns the given IDs and those of all shards that descend from
// them.
func (l *lineage) descendants(of []string) map[string]bool {
	found := map[string]bool{}
	for _, id := range of {
		found[id] = true
	}
	for changed := true; changed; {
		changed = false
		for id, s := range l.shards {
			if !found[id] && slices.ContainsFunc(s.parents, func(p string) bool { return found[p] }) {
				found[id], changed = true, true
			}
		}
	}
	return found
}

// sorted returns all shards by ID.
func (l *lineage) sorted() []*shard {
	return slices.SortedFunc(maps.Values(l.shards), func(a, b *shard) int { return strings.Compare(a.id, b.id) })
}

// lastID returns the highest shard ID; IDs grow with the shards' ages.
func (l *lineage) lastID() string {
	last := ""
	for id := range l.shards {
		last = max(last, id)
	}
	return last
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
