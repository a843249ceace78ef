// Package lineage is the family tree of a stream's shards, and what follows from
// it: which shards may be read, where a run begins in each, what it may have
// lost, and what it may forget. It also has the hash keys and the hash key ranges
// of shards.
//
// It does no I/O and takes no locks. Its walks visit each shard once and do not
// recurse.
package lineage

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/record"
)

// State is how far a run is with a shard.
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
	// NotOwned says that the run leaves the shard, which it has placed, to another
	// run with the same positions.
	NotOwned bool
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
	// Hashes is the shard's hash key range; nil when it is not known.
	Hashes *HashKeyRange
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

	candidates []*Shard // may have become readable since Ready was called
	unlisted   []*Shard // wait for a whole listing
	visits     int      // of the checkpoint's positions, in all walks over them
	backward   []string // IDs of shards that are not above those of their parents

	parentsByAnswers, parentsByCheckpoint claims
}

// NewTree returns a tree without shards.
func NewTree() *Tree {
	return &Tree{Shards: map[string]*Shard{}, children: map[string][]string{}, past: map[string]bool{}, parentsByAnswers: claims{}, parentsByCheckpoint: claims{}}
}

// HasChildren reports whether a known shard descends from the one of that ID.
func (t *Tree) HasChildren(id string) bool { return len(t.children[id]) > 0 }

// Children returns the IDs of the known shards that descend from the one of that ID,
// by ID.
func (t *Tree) Children(id string) []string { return slices.Sorted(slices.Values(t.children[id])) }

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

// ListedParents are the two parents of a listed shard; empty where it does not
// have them.
func ListedParents(s types.Shard) [2]string {
	return [2]string{aws.ToString(s.ParentShardId), aws.ToString(s.AdjacentParentShardId)}
}

// claims are, by shard ID, further parents that an answer or the checkpoint names
// for a known shard. They do not change the order in which shards are read: kin may
// be reading the shard already. kin uses them to find cycles, whose shards have no
// order to be read in.
type claims map[string][]string

// add adds the parents of a shard that are new. It reports whether the shard's ID
// is not above that of one of these.
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
