// Package lineage is the family tree of a stream's shards. It decides which shards may be read,
// where a run begins in each, what it may have lost, and which shards it can remove. It also has
// the hash keys and the hash key ranges of shards.
//
// It does no I/O and takes no locks. Its walks visit each shard once and do not recurse.
package lineage

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/record"
)

// State is the state of a shard in a run.
type State int

const (
	// Waiting is the state of a shard that waits for its parents, or to be started.
	Waiting State = iota
	// Reading is the state of a shard that a goroutine fetches.
	Reading
	// Paused is the state of a shard in which a bound was reached, so that its goroutine has ended.
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
	saved   bool     // the parents are from the checkpoint: no listing shows the shard
	State   State
	// NotOwned means that the run has placed the shard for another run, with the same positions,
	// that reads it.
	NotOwned bool
	// At is the position to begin at: the checkpoint's, or the initial one.
	At record.ShardPosition
	// Unlisted is set for a shard that was found as a child and has a parent that is not known. It
	// waits for a whole listing, which shows whether the parent exists.
	Unlisted bool
	// ListedParents are the parents in the last listing; nil before a listing has shown the shard.
	ListedParents []string
	// Closed is whether the last listing shows the shard as closed.
	Closed bool
	// Complete means that the shard was closed before the bound of the run, so all of its records
	// are within it.
	Complete bool
	// Hashes is the shard's hash key range; nil if not known.
	Hashes *HashKeyRange
	// First and Last are the shard's listed sequence numbers. Last is empty for an open shard.
	First, Last string
}

// Tree is the family tree of a stream's shards. It gives their order: a child may be read once all
// its known parents have ended. It does no I/O and is not safe for concurrent use. Its indexes are
// updated with each change, so the cost of a change does not depend on the size of the stream.
type Tree struct {
	// Shards are the known shards by ID. Callers must not change the map, or the IDs and parents of
	// shards.
	Shards map[string]*Shard
	// children are the IDs of the known children of a shard, by its ID. The shard itself may be
	// unknown.
	children map[string][]string
	// past are the IDs of unknown shards that are parents of known ones and are not to be read.
	// They were pruned, or the checkpoint has a child of theirs. An outdated listing that shows
	// them again changes nothing.
	past map[string]bool
	// inside are the shards that the run is restricted to, with their descendants; nil is no
	// restriction.
	inside map[string]bool
	// Last is the highest ID of all shards that were ever known. IDs grow with the age of the
	// stream.
	Last string

	candidates []*Shard // may be ready, since the last call of Ready
	unlisted   []*Shard // wait for a whole listing
	visits     int      // visited positions of the checkpoint, over all walks
	backward   []string // IDs of shards that are not above those of their parents

	parentsByAnswers, parentsByCheckpoint claims
}

// NewTree returns a tree without shards.
func NewTree() *Tree {
	return &Tree{Shards: map[string]*Shard{}, children: map[string][]string{}, past: map[string]bool{}, parentsByAnswers: claims{}, parentsByCheckpoint: claims{}}
}

// HasChildren reports whether the shard with that ID has a known child.
func (t *Tree) HasChildren(id string) bool { return len(t.children[id]) > 0 }

// Children returns the sorted IDs of the known children of the shard with that ID.
func (t *Tree) Children(id string) []string { return slices.Sorted(slices.Values(t.children[id])) }

// Indexed is how many entries the indexes besides Shards have: parents, and past shards.
func (t *Tree) Indexed() (parents, past int) { return len(t.children), len(t.past) }

// Sorted returns all shards by ID.
func (t *Tree) Sorted() []*Shard {
	return slices.SortedFunc(maps.Values(t.Shards), func(a, b *Shard) int { return strings.Compare(a.ID, b.ID) })
}

// ParentsOf returns the parents of a listed shard, without empty IDs.
func ParentsOf(ids ...*string) []string {
	parents := []string{}
	for _, id := range ids {
		if p := aws.ToString(id); p != "" {
			parents = append(parents, p)
		}
	}
	return parents
}

// IsClosed reports whether a shard takes no more records. It may still have some.
func IsClosed(s types.Shard) bool {
	return s.SequenceNumberRange != nil && s.SequenceNumberRange.EndingSequenceNumber != nil
}

// ListedParents returns the two parents of a listed shard; empty IDs for missing ones.
func ListedParents(s types.Shard) [2]string {
	return [2]string{aws.ToString(s.ParentShardId), aws.ToString(s.AdjacentParentShardId)}
}

// claims are, by shard ID, further parents that an answer or the checkpoint names for a known
// shard. They do not change the order of reading, because kin may already be reading the shard.
// They are used to find cycles.
type claims map[string][]string

// add adds the new ones of the parents of a shard. It reports whether the shard's ID is not above
// that of one of these.
func (c claims) add(id string, parents, known []string) (backward bool) {
	for _, p := range parents {
		if p == "" || slices.Contains(known, p) || slices.Contains(c[id], p) {
			continue
		}
		c[id] = append(c[id], p)
		backward = backward || p >= id
	}
	return backward
}
