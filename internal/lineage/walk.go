package lineage

import (
	"iter"
	"slices"
)

// Step is one step of a walk from parents to children.
type Step struct {
	Shard *Shard
	// Depth is the number of generations above the shard on this walk.
	Depth int
	// Last is set if the parent has no child after this one.
	Last bool
	// Elsewhere is set if the walk visits the shard and its descendants below the shard's other
	// parent. It is the ID of that parent; else empty.
	Elsewhere string
}

// Walk visits each shard below its parent, by ID. Shards without a known parent come first. A
// merged shard and its descendants are visited below its first known parent. Below the other parent
// the shard is one more step, with Elsewhere. Shards that descend from themselves come last. The
// caller must not change the tree during the walk.
func (t *Tree) Walk() iter.Seq[Step] {
	return func(yield func(Step) bool) {
		all, visited := t.Sorted(), map[string]bool{}
		for _, s := range all {
			if home(t, s) == "" && !walkBelow(t, s, visited, yield) {
				return
			}
		}
		for _, s := range all {
			if !visited[s.ID] && !walkBelow(t, s, visited, yield) {
				return
			}
		}
	}
}

// walkBelow visits a shard and its descendants. It returns false if yield did.
func walkBelow(t *Tree, s *Shard, visited map[string]bool, yield func(Step) bool) bool {
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
		for i, id := range slices.Backward(children) { // put last, visited first
			child := Step{Shard: t.Shards[id], Depth: next.Depth + 1, Last: i == len(children)-1}
			if parent := home(t, child.Shard); parent != next.Shard.ID {
				child.Elsewhere = parent
			}
			todo = append(todo, child)
		}
	}
	return true
}

// home is the parent below which a walk visits a shard: its first known parent.
func home(t *Tree, s *Shard) string {
	for _, p := range s.Parents {
		if t.Shards[p] != nil {
			return p
		}
	}
	return ""
}
