package kpl

import (
	"math/big"
	"math/bits"
)

// String is the hash key in decimal, as the service writes it.
func (k HashKey) String() string {
	n := new(big.Int).SetUint64(k.hi)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(k.lo)).String()
}

// Fraction is the part of the hash key space that is below the hash key: 0 at its
// beginning, and never quite 1.
func (k HashKey) Fraction() float64 { return float64(k.hi)*0x1p-64 + float64(k.lo)*0x1p-128 }

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
