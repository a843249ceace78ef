package local

import (
	"cmp"
	"crypto/md5"
	"encoding/binary"
	"math/big"
	"math/bits"
)

// hashKey is a 128-bit unsigned hash key.
type hashKey struct{ hi, lo uint64 }

var maxHashKey = hashKey{^uint64(0), ^uint64(0)}

// hashOf returns the hash key of a partition key: its MD5 as a big-endian number.
func hashOf(partitionKey []byte) hashKey {
	sum := md5.Sum(partitionKey)
	return hashKey{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])}
}

func (h hashKey) less(o hashKey) bool {
	return h.hi < o.hi || h.hi == o.hi && h.lo < o.lo
}

func (h hashKey) compare(o hashKey) int {
	return cmp.Or(cmp.Compare(h.hi, o.hi), cmp.Compare(h.lo, o.lo))
}

// next and previous wrap around at the ends of the key space.
func (h hashKey) next() hashKey {
	lo, carry := bits.Add64(h.lo, 1, 0)
	return hashKey{h.hi + carry, lo}
}

func (h hashKey) previous() hashKey {
	lo, borrow := bits.Sub64(h.lo, 1, 0)
	return hashKey{h.hi - borrow, lo}
}

func (h hashKey) big() *big.Int {
	n := new(big.Int).SetUint64(h.hi)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(h.lo))
}

// String returns the decimal form of the API.
func (h hashKey) String() string { return h.big().String() }

// parseHashKey parses the decimal form. It returns false unless s is a decimal number below
// 2^128 without leading zeros.
func parseHashKey(s []byte) (hashKey, bool) {
	if len(s) == 0 || len(s) > 39 || s[0] == '0' && len(s) > 1 {
		return hashKey{}, false
	}
	var h hashKey
	for _, c := range s {
		if c < '0' || c > '9' {
			return hashKey{}, false
		}
		over, hi := bits.Mul64(h.hi, 10)
		mid, lo := bits.Mul64(h.lo, 10)
		var carry uint64
		lo, carry = bits.Add64(lo, uint64(c-'0'), 0)
		hi, carry = bits.Add64(hi, mid, carry)
		if over+carry != 0 {
			return hashKey{}, false
		}
		h = hashKey{hi, lo}
	}
	return h, true
}

// boundary returns the start of the i-th of n equal ranges. The size of a range is rounded down,
// so the last range is the largest.
func boundary(i, n int) hashKey {
	b := new(big.Int).Lsh(big.NewInt(1), 128)
	b.Div(b, big.NewInt(int64(n))).Mul(b, big.NewInt(int64(i)))
	lo := new(big.Int).And(b, new(big.Int).SetUint64(^uint64(0)))
	return hashKey{new(big.Int).Rsh(b, 64).Uint64(), lo.Uint64()}
}
