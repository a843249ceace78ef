package reader

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	tree "kin/internal/lineage"
)

// claims are parents that an answer, or the checkpoint, names for a shard beside
// those it is known with. They do not change the order in which shards are read:
// a shard may have begun already. They count where kin looks for a cycle, because
// nothing can be read in the order of one, whoever names its edges.
type claims map[string][]string

// add adds parents of a shard. It returns whether one of them was new and makes
// the shard's ID one that is not above that of each parent.
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

// claim notes the parents of a shard that an answer of this run names.
func (l *lineage) claim(id string, parents []string) {
	var known []string
	if s := l.shards[id]; s != nil && !s.saved {
		known = s.parents
	}
	if l.answered.add(id, parents, known) {
		l.backward = append(l.backward, id)
	}
}

// claimSaved notes the parents of shards that the checkpoint names.
func (l *lineage) claimSaved(saved map[string]checkpoint.Shard) {
	for id, at := range saved {
		var known []string
		if s := l.shards[id]; s != nil {
			known = s.parents
		}
		if l.filed.add(id, at.Parents, known) {
			l.backward = append(l.backward, id)
		}
	}
}

// check returns an error that names a shard that is its own ancestor: an
// ownAncestorError where the answers of the run make it so, a filedAncestorError
// where they do so only together with the checkpoint. Only shards with an ID that
// is not above that of a parent can close such a cycle, and the service has none.
func (l *lineage) check() error {
	if len(l.backward) == 0 {
		return nil
	}
	byAnswers := func(id string) []string {
		if s := l.shards[id]; s != nil && !s.saved {
			return slices.Concat(s.parents, l.answered[id])
		}
		return l.answered[id]
	}
	if id := tree.OwnAncestor(l.backward, byAnswers); id != "" {
		return ownAncestorError(id)
	}
	byAll := func(id string) []string {
		parents := slices.Concat(byAnswers(id), l.filed[id])
		if s := l.shards[id]; s != nil && s.saved {
			parents = append(parents, s.parents...)
		}
		return parents
	}
	if id := tree.OwnAncestor(l.backward, byAll); id != "" {
		return filedAncestorError(id)
	}
	return nil
}

// filedAncestorError is the ID of a shard that is its own ancestor by the
// checkpoint and the service's answers together.
type filedAncestorError string

func (e filedAncestorError) Error() string {
	return fmt.Sprintf("shard %s is its own ancestor by the checkpoint and the answers together", string(e))
}

// filedCycle is the error of a checkpoint by which, together with an answer of
// the service, a shard descends from itself.
func filedCycle(stream, answer, id string) error {
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
