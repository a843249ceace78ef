package reader

import "fmt"

// The walks over parents and children. Each visits a shard once, and none of
// them recurses.

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
	l.spread(found, of)
	return found
}

// include takes a shard, and what is known to descend from it, inside.
func (l *lineage) include(id string) { l.spread(l.inside, []string{id}) }

// spread adds IDs, and those of all that descends from them, to a set that holds
// the descendants of each of its elements.
func (l *lineage) spread(set map[string]bool, ids []string) {
	ids = append([]string(nil), ids...)
	for len(ids) > 0 {
		id := ids[len(ids)-1]
		ids = ids[:len(ids)-1]
		if !set[id] {
			set[id] = true
			ids = append(ids, l.children[id]...)
		}
	}
}

// ownAncestorError is the ID of a shard that is its own ancestor.
type ownAncestorError string

func (e ownAncestorError) Error() string {
	return fmt.Sprintf("shard %s is its own ancestor", string(e))
}
