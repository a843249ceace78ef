package lineage

import (
	"cmp"
	"crypto/md5"
	"encoding/binary"
	"math/big"
	"math/bits"
)

// HashKey is a place in a stream's hash key space: an unsigned number of 128
// bits.
type HashKey struct{ hi, lo uint64 }

// HashKeyOf is where a partition key belongs: its MD5, as the service maps it.
func HashKeyOf(partitionKey string) HashKey {
	sum := md5.Sum([]byte(partitionKey))
	return HashKey{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])}
}

// mostDigits are the digits of 2^128-1.
const mostDigits = 39

// ParseHashKey reads a decimal number in 0..2^128-1.
func ParseHashKey[T string | []byte](s T) (k HashKey, ok bool) {
	if len(s) == 0 || len(s) > mostDigits {
		return HashKey{}, false
	}
	for i := range len(s) {
		digit := uint64(s[i] - '0')
		if s[i] < '0' || digit > 9 {
			return HashKey{}, false
		}
		over, high := bits.Mul64(k.hi, 10)
		carry, low := bits.Mul64(k.lo, 10)
		low, c := bits.Add64(low, digit, 0)
		high, c = bits.Add64(high, carry, c)
		if over > 0 || c > 0 {
			return HashKey{}, false
		}
		k = HashKey{high, low}
	}
	return k, true
}

// Compare is negative, 0 or positive when k is below, at or above other.
func (k HashKey) Compare(other HashKey) int {
	if c := cmp.Compare(k.hi, other.hi); c != 0 {
		return c
	}
	return cmp.Compare(k.lo, other.lo)
}

// Next is the hash key after k; behind the last comes the first.
func (k HashKey) Next() HashKey {
	low, carry := bits.Add64(k.lo, 1, 0)
	return HashKey{k.hi + carry, low}
}

// Spread is a number below n which is the same for the same hash key, and spread
// evenly over those that are MD5 sums.
func (k HashKey) Spread(n int) int { return int(k.lo % uint64(n)) }

// String is the hash key in decimal, as the service writes it.
func (k HashKey) String() string {
	n := new(big.Int).SetUint64(k.hi)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(k.lo)).String()
}

// Fraction is the part of the hash key space that is below the hash key: 0 at its
// beginning, and never quite 1.
func (k HashKey) Fraction() float64 { return float64(k.hi)*0x1p-64 + float64(k.lo)*0x1p-128 }
