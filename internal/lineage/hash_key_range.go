package lineage

import (
	"math"
	"math/bits"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// HashKeyRange is a shard's part of the hash key space, both ends included.
type HashKeyRange struct{ Starting, Ending HashKey }

// ParseHashKeyRange reads the range of a listed shard. It returns nil if there is
// none, or none that can be read.
func ParseHashKeyRange(r *types.HashKeyRange) *HashKeyRange {
	if r == nil {
		return nil
	}
	starting, ok1 := ParseHashKey(aws.ToString(r.StartingHashKey))
	ending, ok2 := ParseHashKey(aws.ToString(r.EndingHashKey))
	if !ok1 || !ok2 || starting.Compare(ending) > 0 {
		return nil
	}
	return &HashKeyRange{Starting: starting, Ending: ending}
}

// Contains says whether a hash key is in the range.
func (r HashKeyRange) Contains(k HashKey) bool {
	return r.Starting.Compare(k) <= 0 && k.Compare(r.Ending) <= 0
}

// IsWhole says whether the range is the whole hash key space.
func (r HashKeyRange) IsWhole() bool {
	return r == HashKeyRange{Ending: HashKey{math.MaxUint64, math.MaxUint64}}
}

// Cover reports whether ranges, in the order of their starts, are the hash key space
// without holes and overlaps.
func Cover(ranges []HashKeyRange) bool {
	if len(ranges) == 0 {
		return false
	}
	for i := 1; i < len(ranges); i++ {
		before, r := ranges[i-1], ranges[i]
		if before.Ending.Next() != r.Starting || before.Starting.Compare(r.Starting) >= 0 {
			return false
		}
	}
	return HashKeyRange{Starting: ranges[0].Starting, Ending: ranges[len(ranges)-1].Ending}.IsWhole()
}

// Share is the part of the hash key space that is in the range, up to 1.
func (r HashKeyRange) Share() float64 {
	if r.IsWhole() {
		return 1
	}
	behind := r.Ending.Next()
	low, borrow := bits.Sub64(behind.lo, r.Starting.lo, 0)
	high, _ := bits.Sub64(behind.hi, r.Starting.hi, borrow)
	return HashKey{high, low}.Fraction()
}
