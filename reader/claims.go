package reader

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	tree "kin/internal/lineage"
)

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

// claimByAnswer adds the parents that an answer of this run names for a shard.
func (l *lineage) claimByAnswer(id string, parents []string) {
	var known []string
	if s := l.shards[id]; s != nil && !s.saved {
		known = s.parents
	}
	if l.parentsByAnswers.add(id, parents, known) {
		l.backward = append(l.backward, id)
	}
}

// claimByCheckpoint adds the parents that the checkpoint names for its shards.
func (l *lineage) claimByCheckpoint(saved map[string]checkpoint.Shard) {
	for id, at := range saved {
		var known []string
		if s := l.shards[id]; s != nil {
			known = s.parents
		}
		if l.parentsByCheckpoint.add(id, at.Parents, known) {
			l.backward = append(l.backward, id)
		}
	}
}

// check returns an error that names a shard that is its own ancestor. It is an
// ownAncestorError when the answers of the run form the cycle, and a
// checkpointCycleError when they do so only together with the checkpoint. Each cycle
// has a shard whose ID is not above that of a parent; the service has no such shard.
func (l *lineage) check() error {
	if len(l.backward) == 0 {
		return nil
	}
	byAnswers := func(id string) []string {
		if s := l.shards[id]; s != nil && !s.saved {
			return slices.Concat(s.parents, l.parentsByAnswers[id])
		}
		return l.parentsByAnswers[id]
	}
	if id := tree.OwnAncestor(l.backward, byAnswers); id != "" {
		return ownAncestorError(id)
	}
	byAll := func(id string) []string {
		parents := slices.Concat(byAnswers(id), l.parentsByCheckpoint[id])
		if s := l.shards[id]; s != nil && s.saved {
			parents = append(parents, s.parents...)
		}
		return parents
	}
	if id := tree.OwnAncestor(l.backward, byAll); id != "" {
		return checkpointCycleError(id)
	}
	return nil
}

// checkpointCycleError is the ID of a shard that is its own ancestor by the
// checkpoint and the service's answers together.
type checkpointCycleError string

func (e checkpointCycleError) Error() string {
	return fmt.Sprintf("shard %s is its own ancestor by the checkpoint and the answers together", string(e))
}

// checkpointCycle is the error for a checkpoint that forms a cycle together with an
// answer of the service.
func checkpointCycle(stream, answer, id string) error {
	return &CheckpointError{Stream: stream, Reason: fmt.Sprintf("together with %s, it makes shard %s of stream %s its own ancestor", answer, id, stream),
		next: "the file was changed, or is another stream's: restore it from a copy, or start from scratch with another file"}
}

// parents are, by shard ID, the two parents of those shards of a listing that
// have one.
func (l listing) parents() map[string][2]string {
	parents := map[string][2]string{}
	for _, s := range l.shards {
		if p := listedParents(s); p != [2]string{} {
			parents[aws.ToString(s.ShardId)] = p
		}
	}
	return parents
}

func listedParents(s types.Shard) [2]string {
	return [2]string{aws.ToString(s.ParentShardId), aws.ToString(s.AdjacentParentShardId)}
}
