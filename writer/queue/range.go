package queue

import "kin/internal/lineage"

// Range is an open shard and its part of the hash key space.
type Range struct {
	ShardID string
	lineage.HashKeyRange
}

// CompareStarts orders ranges by their starting hash keys.
func CompareStarts(a, b Range) int { return a.Starting.Compare(b.Starting) }

// Cover reports whether ranges, by their starts, are the hash key space without
// holes and overlaps.
func Cover(ranges []Range) bool {
	hashes := make([]lineage.HashKeyRange, len(ranges))
	for i, r := range ranges {
		hashes[i] = r.HashKeyRange
	}
	return lineage.Cover(hashes)
}
