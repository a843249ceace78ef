package lineage

import (
	"math"
	"testing"
)

func TestHashKeyStringIsTheParsedText(t *testing.T) {
	for _, text := range []string{"0", "7", "18446744073709551615", "18446744073709551616", "170141183460469231731687303715884105728", "340282366920938463463374607431768211455"} {
		k, ok := ParseHashKey(text)
		if !ok || k.String() != text {
			t.Errorf("%s: %s, %t", text, k, ok)
		}
	}
}

func TestHashKeyRangeShare(t *testing.T) {
	for _, c := range []struct {
		from, to        string
		share, fraction float64
	}{
		{"0", "340282366920938463463374607431768211455", 1, 0},
		{"0", "170141183460469231731687303715884105727", 0.5, 0},
		{"170141183460469231731687303715884105728", "340282366920938463463374607431768211455", 0.5, 0.5},
		{"85070591730234615865843651857942052864", "170141183460469231731687303715884105727", 0.25, 0.25},
		{"255211775190703847597530955573826158592", "340282366920938463463374607431768211455", 0.25, 0.75},
		{"5", "5", 0x1p-128, 5 * 0x1p-128},
	} {
		from, _ := ParseHashKey(c.from)
		to, _ := ParseHashKey(c.to)
		share, fraction := HashKeyRange{from, to}.Share(), from.Fraction()
		if math.Abs(share-c.share) > c.share*1e-12 || fraction != c.fraction {
			t.Errorf("%s to %s: share %v at %v, want %v at %v", c.from, c.to, share, fraction, c.share, c.fraction)
		}
	}
}

func TestCover(t *testing.T) {
	const last, half, above = "340282366920938463463374607431768211455", "170141183460469231731687303715884105727", "170141183460469231731687303715884105728"
	for _, c := range []struct {
		name   string
		bounds []string
		want   bool
	}{
		{"one range", []string{"0", last}, true},
		{"two halves", []string{"0", half, above, last}, true},
		{"none", nil, false},
		{"a part", []string{"0", half}, false},
		{"another part", []string{above, last}, false},
		{"a hole", []string{"0", "7", above, last}, false},
		{"an overlap", []string{"0", above, above, last}, false},
		{"all of it twice", []string{"0", last, "0", last}, false},
	} {
		var ranges []HashKeyRange
		for i := 0; i < len(c.bounds); i += 2 {
			ranges = append(ranges, HashKeyRange{mustParse(t, c.bounds[i]), mustParse(t, c.bounds[i+1])})
		}
		if got := Cover(ranges); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}
