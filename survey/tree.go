package survey

import "slices"

// Branch is one line of a stream's shard tree.
type Branch struct {
	Shard Shard
	// Stem is what is drawn in front of the shard: two columns for each
	// generation above it, or for the nearest 500.
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
			t.draw(shard)
		}
	}
	for _, shard := range s.Shards { // of which there is none, unless they descend from themselves
		if !t.drawn[shard.ID] {
			t.draw(shard)
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

// mostStem bounds a stem: without it the tree of a long chain takes the square of
// its length.
const mostStem = 500 * 2 // columns

// twig is a shard that is to be drawn. below is the stem of its children.
type twig struct {
	shard       Shard
	stem, below string
	elsewhere   string
}

// draw adds a shard and what is below it, each shard once and without recursion:
// a lineage is as deep as a stream is old.
func (t *tree) draw(s Shard) {
	for todo := []twig{{shard: s}}; len(todo) > 0; {
		next := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if next.elsewhere == "" && t.drawn[next.shard.ID] {
			continue
		}
		t.branches = append(t.branches, Branch{Shard: next.shard, Stem: next.stem, Elsewhere: next.elsewhere})
		if next.elsewhere != "" {
			continue
		}
		t.drawn[next.shard.ID] = true
		for i := len(next.shard.Children) - 1; i >= 0; i-- { // the first is drawn first: it is put last
			fork, beside := "├ ", "│ "
			if i == len(next.shard.Children)-1 {
				fork, beside = "└ ", "  "
			}
			child := t.shards[next.shard.Children[i]]
			down := twig{shard: child, stem: shortStem(next.below + fork), below: shortStem(next.below + beside)}
			if home := t.home(child); home != next.shard.ID {
				down.elsewhere = home
			}
			todo = append(todo, down)
		}
	}
}

// shortStem is what the nearest generations have of a stem.
func shortStem(stem string) string {
	if len(stem) <= mostStem { // in bytes, and so in columns
		return stem
	}
	columns := []rune(stem)
	return string(columns[max(0, len(columns)-mostStem):])
}
