package lineage

import (
	"fmt"
	"slices"

	"kin/internal/record"
)

// claimByAnswer adds the parents that an answer of this run names for a shard.
func (t *Tree) claimByAnswer(id string, parents []string) {
	var known []string
	if s := t.Shards[id]; s != nil && !s.saved {
		known = s.Parents
	}
	if t.parentsByAnswers.add(id, parents, known) {
		t.backward = append(t.backward, id)
	}
}

// claimByCheckpoint adds the parents that the checkpoint names for its shards.
func (t *Tree) claimByCheckpoint(saved map[string]record.ShardPosition) {
	for id, at := range saved {
		var known []string
		if s := t.Shards[id]; s != nil {
			known = s.Parents
		}
		if t.parentsByCheckpoint.add(id, at.Parents, known) {
			t.backward = append(t.backward, id)
		}
	}
}

// Check returns an error that names a shard that is its own ancestor. It is an OwnAncestorError if
// the answers of the run form the cycle. It is a CheckpointCycleError if the answers form it only
// together with the checkpoint.
//
// Each cycle has a shard whose ID is not above that of a parent; the service has no such shard.
func (t *Tree) Check() error {
	if len(t.backward) == 0 {
		return nil
	}
	byAnswers := func(id string) []string {
		if s := t.Shards[id]; s != nil && !s.saved {
			return slices.Concat(s.Parents, t.parentsByAnswers[id])
		}
		return t.parentsByAnswers[id]
	}
	if id := OwnAncestor(t.backward, byAnswers); id != "" {
		return OwnAncestorError(id)
	}
	byAll := func(id string) []string {
		parents := slices.Concat(byAnswers(id), t.parentsByCheckpoint[id])
		if s := t.Shards[id]; s != nil && s.saved {
			parents = append(parents, s.Parents...)
		}
		return parents
	}
	if id := OwnAncestor(t.backward, byAll); id != "" {
		return CheckpointCycleError(id)
	}
	return nil
}

// CheckpointCycleError is the ID of a shard that the checkpoint and the service's answers together
// make its own ancestor.
type CheckpointCycleError string

func (e CheckpointCycleError) Error() string {
	return fmt.Sprintf("the checkpoint and the answers together make shard %s its own ancestor", string(e))
}
