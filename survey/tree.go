package survey

import "kin/internal/lineage"

// Branch is one line of a stream's shard tree.
type Branch struct {
	Shard *lineage.Shard
	// Stem is the drawing before the shard: two columns for each ancestor, up to 500.
	Stem string
	// Elsewhere is the other parent, under which the shard is drawn with its descendants. It is
	// empty if they are drawn here.
	Elsewhere string
}

// maxStem is the maximum number of generations in a stem. Without it the tree of a long chain would
// grow with the square of its length.
const maxStem = 500

// Tree returns the lineage of the shards: each shard below its parent, in the order of IDs. Shards
// without a listed parent are at the left. A merged shard is drawn below its first parent. Below
// the other parent it is a Branch with Elsewhere.
func (s *Stream) Tree() []Branch {
	var branches []Branch
	var last []bool // for each generation: whether the ancestor is the last child of its parent
	for step := range s.Shards.Walk() {
		last = append(last[:step.Depth], step.Last)
		branches = append(branches, Branch{Shard: step.Shard, Stem: stem(last), Elsewhere: step.Elsewhere})
	}
	return branches
}

// stem returns the drawing before a shard. last is as in Tree. The first generation has no stem.
func stem(last []bool) string {
	from := max(1, len(last)-maxStem)
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
