package survey

import "slices"

// Branch is one line of a stream's shard tree.
type Branch struct {
	Shard Shard
	// Stem is what is drawn in front of the shard: two columns for each
	// generation above it.
	Stem string
	// Elsewhere is the parent under which the shard is drawn with its
	// descendants, where this is its other parent; else empty.
	Elsewhere string
}

// Tree is the lineage of the stream's shards: each shard below its parent,
// those without a listed parent at the left, by ID. A merged shard stands
// below its first parent, and below the other as a branch that says so.
func (s *Stream) Tree() []Branch {
	t := tree{shards: map[string]Shard{}, drawn: map[string]bool{}}
	for _, shard := range s.Shards {
		t.shards[shard.ID] = shard
	}
	for _, shard := range s.Shards {
		if t.home(shard) == "" {
			t.draw(shard, "", "")
		}
	}
	for _, shard := range s.Shards { // of which there is none, unless they descend from themselves
		if !t.drawn[shard.ID] {
			t.draw(shard, "", "")
		}
	}
	return t.branches
}

type tree struct {
	shards   map[string]Shard
	drawn    map[string]bool
	branches []Branch
}

// home is the parent below which a shard is drawn: the first that is listed.
func (t *tree) home(s Shard) string {
	parents := s.parents()
	i := slices.IndexFunc(parents, func(id string) bool { _, listed := t.shards[id]; return listed })
	if i < 0 {
		return ""
	}
	return parents[i]
}

// draw adds a shard and what is below it. below is the stem of its children.
func (t *tree) draw(s Shard, stem, below string) {
	t.branches = append(t.branches, Branch{Shard: s, Stem: stem})
	t.drawn[s.ID] = true
	for i, id := range s.Children {
		fork, beside := "├ ", "│ "
		if i == len(s.Children)-1 {
			fork, beside = "└ ", "  "
		}
		child := t.shards[id]
		switch home := t.home(child); {
		case home != s.ID:
			t.branches = append(t.branches, Branch{Shard: child, Stem: below + fork, Elsewhere: home})
		case !t.drawn[id]:
			t.draw(child, below+fork, below+beside)
		}
	}
}
