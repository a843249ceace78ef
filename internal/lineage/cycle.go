package lineage

import (
	"fmt"
	"slices"
)

// OwnAncestor returns a shard among ids that descends from itself, or "" when
// there is none. parents returns the parents of a shard, none of one that is
// not known. Each shard is visited once, and the depth of the tree costs no
// stack.
//
// IDs grow with the age of the stream. A cycle therefore has a shard whose ID
// is not above that of its parent, and only from such shards the parents are
// followed: the tree of a real stream costs one comparison for each parent.
func OwnAncestor(ids []string, parents func(id string) []string) string {
	var backward []string
	for _, id := range ids {
		if isBackward(id, parents(id)) {
			backward = append(backward, id)
		}
	}
	slices.Sort(backward)
	done := map[string]bool{}
	for _, id := range backward {
		if found := cycleAbove(id, parents, done); found != "" {
			return found
		}
	}
	return ""
}

// isBackward reports whether a shard's ID is not above that of each of its
// parents.
func isBackward(id string, parents []string) bool {
	return slices.ContainsFunc(parents, func(p string) bool { return p >= id })
}

// step is a shard on the way up, and how many of its parents were followed.
type step struct {
	id      string
	parents []string
	next    int
}

// cycleAbove follows the parents of a shard, depth first. done holds the shards
// of which every ancestor was visited.
func cycleAbove(id string, parents func(id string) []string, done map[string]bool) string {
	if done[id] {
		return ""
	}
	way, onWay := []step{{id: id, parents: parents(id)}}, map[string]bool{id: true}
	for len(way) > 0 {
		last := &way[len(way)-1]
		if last.next == len(last.parents) {
			done[last.id] = true
			delete(onWay, last.id)
			way = way[:len(way)-1]
			continue
		}
		parent := last.parents[last.next]
		last.next++
		switch {
		case onWay[parent]:
			return parent
		case !done[parent]:
			onWay[parent] = true
			way = append(way, step{id: parent, parents: parents(parent)})
		}
	}
	return ""
}

// OwnAncestorError is the ID of a shard that is its own ancestor.
type OwnAncestorError string

func (e OwnAncestorError) Error() string {
	return fmt.Sprintf("shard %s is its own ancestor", string(e))
}
