package lineage

import (
	"iter"
	"slices"
)

// Step is one step of a walk from parents to children.
type Step struct {
	Shard *Shard
	// Depth is how many generations are above the shard on this walk.
	Depth int
	// Last is set if the parent has no child after this one.
	Last bool
	// Elsewhere is the parent below which the walk visits the shard and its
	// descendants, if this step is below its other parent; else empty.
	Elsewhere string
}

// Walk visits each shard below its parent: those without a known parent first,
// and all by ID. A merged shard is visited with its descendants below the first parent
// that is known. Below the other parent it is one more step, with Elsewhere.
// Shards that descend from themselves come last. The caller does not change the
// tree meanwhile.
func (t *Tree) Walk() iter.Seq[Step] {
	return func(yield func(Step) bool) {
		all, visited := t.Sorted(), map[string]bool{}
		for _, s := range all {
			if t.home(s) == "" && !t.walkBelow(s, visited, yield) {
				return
			}
		}
		for _, s := range all {
			if !visited[s.ID] && !t.walkBelow(s, visited, yield) {
				return
			}
		}
	}
}

// walkBelow visits a shard and its descendants. It returns false if yield did.
func (t *Tree) walkBelow(s *Shard, visited map[string]bool, yield func(Step) bool) bool {
	for todo := []Step{{Shard: s}}; len(todo) > 0; {
		next := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if next.Elsewhere == "" && visited[next.Shard.ID] {
			continue
		}
		if !yield(next) {
			return false
		}
		if next.Elsewhere != "" {
			continue
		}
		visited[next.Shard.ID] = true
		children := t.Children(next.Shard.ID)
		for i, id := range slices.Backward(children) { // the first is visited first: it is put last
			child := Step{Shard: t.Shards[id], Depth: next.Depth + 1, Last: i == len(children)-1}
			if home := t.home(child.Shard); home != next.Shard.ID {
				child.Elsewhere = home
			}
			todo = append(todo, child)
		}
	}
	return true
}

// home is the parent below which a walk visits a shard: the first that is known.
func (t *Tree) home(s *Shard) string {
	for _, p := range s.Parents {
		if t.Shards[p] != nil {
			return p
		}
	}
	return ""
}
