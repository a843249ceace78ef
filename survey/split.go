package survey

import (
	"math/rand/v2"
	"slices"

	"kin/internal/lineage"
)

// hashSample is a random sample of the hash keys of records. Every record has the same probability
// to be in it (reservoir sampling).
type hashSample struct {
	capacity int
	seen     int
	kept     []hashWeight
}

type hashWeight struct {
	hash  lineage.HashKey
	bytes int64
}

func (p *hashSample) add(hash lineage.HashKey, bytes int64) {
	p.seen++
	if len(p.kept) < p.capacity {
		p.kept = append(p.kept, hashWeight{hash, bytes})
		return
	}
	if i := rand.IntN(p.seen); i < p.capacity {
		p.kept[i] = hashWeight{hash, bytes}
	}
}

// maxChildShare is the maximum share of the bytes that one child of a useful split may get.
const maxChildShare = 0.8

// split returns the hash key that splits the shard's bytes most evenly. It is the first hash key of
// the upper child, as SplitShard expects it. ok is false if one child would get nearly all bytes,
// because of one key or without a sample.
func (p *hashSample) split(of lineage.HashKeyRange) (at lineage.HashKey, ok bool) {
	slices.SortFunc(p.kept, func(a, b hashWeight) int { return a.hash.Compare(b.hash) })
	total := int64(0)
	for _, one := range p.kept {
		total += one.bytes
	}
	// SplitShard requires a key above the second of the range and below its last.
	least, most := of.Starting.Next(), of.Ending
	larger, below := total, int64(0)
	for i, one := range p.kept {
		if i > 0 && one.hash != p.kept[i-1].hash && one.hash.Compare(least) > 0 && one.hash.Compare(most) < 0 {
			if part := max(below, total-below); part < larger {
				at, larger = one.hash, part
			}
		}
		below += one.bytes
	}
	return at, float64(larger) <= maxChildShare*float64(total) && total > 0
}
