package queue

import "kin/internal/kpl"

// Range is an open shard and its part of the hash key space.
type Range struct {
	ShardID string
	kpl.HashKeyRange
}

// CompareStarts orders ranges by their starting hash keys.
func CompareStarts(a, b Range) int { return a.Starting.Compare(b.Starting) }

// Cover reports whether ranges, by their starts, are the hash key space without
// holes and overlaps.
func Cover(ranges []Range) bool {
	if len(ranges) == 0 {
		return false
	}
	whole := kpl.HashKeyRange{Starting: ranges[0].Starting, Ending: ranges[len(ranges)-1].Ending}
	for i := 1; i < len(ranges); i++ {
		if ranges[i-1].Ending.Next() != ranges[i].Starting || CompareStarts(ranges[i-1], ranges[i]) >= 0 {
			return false
		}
	}
	return whole.IsWhole()
}
