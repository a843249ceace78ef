package survey

import "kin/internal/lineage"

// Branch is one line of a stream's shard tree.
type Branch struct {
	Shard *lineage.Shard
	// Stem is what is drawn in front of the shard: two columns for each
	// generation above it, or for the nearest 500.
	Stem string
	// Elsewhere is the parent under which the shard is drawn with its
	// descendants, where this is its other parent; else empty.
	Elsewhere string
}

// mostStem bounds a stem, in generations: without it the tree of a long chain takes
// the square of its length.
const mostStem = 500

// Tree is the lineage of the stream's shards: each shard below its parent,
// those without a listed parent at the left, by ID. A merged shard stands
// below its first parent, and below the other as a branch that says so.
func (s *Stream) Tree() []Branch {
	var branches []Branch
	var last []bool // by generation, whether the shard on the way to the current one is its parent's last child
	for step := range s.Shards.Walk() {
		last = append(last[:step.Depth], step.Last)
		branches = append(branches, Branch{Shard: step.Shard, Stem: stem(last), Elsewhere: step.Elsewhere})
	}
	return branches
}

// stem is what is drawn in front of a shard. last is as in Tree; its first
// generation has no stem.
func stem(last []bool) string {
	from := max(1, len(last)-mostStem)
	var drawn []byte
	for generation := from; generation < len(last); generation++ {
		switch own := generation == len(last)-1; {
		case own && last[generation]:
			drawn = append(drawn, "└ "...)
		case own:
			drawn = append(drawn, "├ "...)
		case last[generation]:
			drawn = append(drawn, "  "...)
		default:
			drawn = append(drawn, "│ "...)
		}
	}
	return string(drawn)
}
