package survey

import (
	"math/rand/v2"
	"slices"

	"kin/internal/lineage"
)

// hashSample is a sample of where in the hash key space bytes arrived: of all
// records seen, each is in it with the same probability (reservoir sampling).
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

// mostLopsided is the most that one child of a split may get of what its
// parent was written; a split that leaves it more changes little.
const mostLopsided = 0.8

// split is the hash key at which the shard's bytes part most evenly: the first
// of the upper child, as SplitShard takes it. It is false where one child would
// get nearly all, because of one key or because there is no sample.
func (p *hashSample) split(of lineage.HashKeyRange) (at lineage.HashKey, ok bool) {
	slices.SortFunc(p.kept, func(a, b hashWeight) int { return a.hash.Compare(b.hash) })
	total := int64(0)
	for _, one := range p.kept {
		total += one.bytes
	}
	// SplitShard wants a key above the range's second and below its last.
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
	return at, float64(larger) <= mostLopsided*float64(total) && total > 0
}
