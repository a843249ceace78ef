package lineage

import (
	"cmp"
	"crypto/md5"
	"encoding/binary"
	"math/big"
	"math/bits"
)

// HashKey is a place in a stream's hash key space: an unsigned number of 128 bits.
type HashKey struct{ hi, lo uint64 }

// HashKeyOf is the hash key of a partition key: its MD5, as the service maps it.
func HashKeyOf(partitionKey string) HashKey {
	sum := md5.Sum([]byte(partitionKey))
	return HashKey{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])}
}

// maxDigits is the number of decimal digits of 2^128-1.
const maxDigits = 39

// ParseHashKey parses a decimal number from 0 to 2^128-1.
func ParseHashKey[T string | []byte](s T) (k HashKey, ok bool) {
	if len(s) == 0 || len(s) > maxDigits {
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

// Compare is negative, 0 or positive if k is below, at or above other.
func (k HashKey) Compare(other HashKey) int {
	if c := cmp.Compare(k.hi, other.hi); c != 0 {
		return c
	}
	return cmp.Compare(k.lo, other.lo)
}

// Next is the hash key after k. The key after the last is the first.
func (k HashKey) Next() HashKey {
	low, carry := bits.Add64(k.lo, 1, 0)
	return HashKey{k.hi + carry, low}
}

// Spread returns a number from 0 to n-1 for the hash key, always the same one. The numbers of MD5
// sums are spread evenly.
func (k HashKey) Spread(n int) int { return int(k.lo % uint64(n)) }

// String is the hash key in decimal, as the service writes it.
func (k HashKey) String() string {
	n := new(big.Int).SetUint64(k.hi)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(k.lo)).String()
}

// Fraction is the part of the hash key space below the hash key, from 0 to almost 1.
func (k HashKey) Fraction() float64 { return float64(k.hi)*0x1p-64 + float64(k.lo)*0x1p-128 }
