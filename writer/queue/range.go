package queue

import "kin/internal/lineage"

// Range is an open shard and its hash key range.
type Range struct {
	ShardID string
	lineage.HashKeyRange
}

// CompareStarts orders ranges by their starting hash keys.
func CompareStarts(a, b Range) int { return a.Starting.Compare(b.Starting) }

// Cover reports whether ranges, sorted by start, cover the hash key space without gaps and
// overlaps.
func Cover(ranges []Range) bool {
	hashes := make([]lineage.HashKeyRange, len(ranges))
	for i, r := range ranges {
		hashes[i] = r.HashKeyRange
	}
	return lineage.Cover(hashes)
}
