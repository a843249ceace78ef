package lineage

// The walks over parents and children. Each visits a shard once and does not recurse.

// Ancestors returns the IDs of all known shards that the given ones descend from.
func (t *Tree) Ancestors(of []string) map[string]bool {
	found := map[string]bool{}
	for len(of) > 0 {
		s := t.Shards[of[len(of)-1]]
		of = of[:len(of)-1]
		if s == nil {
			continue
		}
		for _, p := range s.Parents {
			if !found[p] {
				found[p] = true
				of = append(of, p)
			}
		}
	}
	return found
}

// Descendants returns the given IDs and those of all shards that descend from them.
func (t *Tree) Descendants(of []string) map[string]bool {
	found := map[string]bool{}
	spread(t, found, of)
	return found
}

// spread adds IDs and those of their descendants to set. set already has the descendants of each of
// its elements.
func spread(t *Tree, set map[string]bool, ids []string) {
	ids = append([]string(nil), ids...)
	for len(ids) > 0 {
		id := ids[len(ids)-1]
		ids = ids[:len(ids)-1]
		if !set[id] {
			set[id] = true
			ids = append(ids, t.children[id]...)
		}
	}
}
