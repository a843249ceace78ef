package lineage

import (
	"math/big"
	"strings"
	"testing"
)

func TestHashKeys(t *testing.T) {
	whole := HashKeyRange{Ending: mustParse(t, "340282366920938463463374607431768211455")}
	if !whole.IsWhole() || (HashKeyRange{Ending: mustParse(t, "340282366920938463463374607431768211454")}).IsWhole() {
		t.Error("the whole range is not recognised")
	}
	// The service's own example of DescribeStream with two shards.
	lower := HashKeyRange{Ending: mustParse(t, "170141183460469231731687303715884105727")}
	upper := HashKeyRange{Starting: mustParse(t, "170141183460469231731687303715884105728"), Ending: whole.Ending}
	for _, test := range []struct {
		k     HashKey
		lower bool
	}{
		{HashKeyOf("k0"), true},
		{HashKeyOf("k1"), false},
		{HashKeyOf(""), false}, // MD5 d41d8cd9...
		{mustParse(t, "0"), true},
		{mustParse(t, "170141183460469231731687303715884105727"), true},
		{mustParse(t, "170141183460469231731687303715884105728"), false},
		{mustParse(t, "340282366920938463463374607431768211455"), false},
		{mustParse(t, "18446744073709551616"), true}, // 2^64
	} {
		if lower.Contains(test.k) != test.lower || upper.Contains(test.k) == test.lower || !whole.Contains(test.k) {
			t.Errorf("%s: in the lower half %t, in the upper half %t, want %t", test.k, lower.Contains(test.k), upper.Contains(test.k), test.lower)
		}
	}
}

func mustParse(t *testing.T, s string) HashKey {
	t.Helper()
	k, ok := ParseHashKey(s)
	if !ok {
		t.Fatalf("%s is not parsed", s)
	}
	return k
}

// FuzzParseHashKey compares the parser with math/big.
func FuzzParseHashKey(f *testing.F) {
	for _, s := range []string{
		"", "0", "00", "7", "-1", "+1", " 1", "1e3", "0x1", "١", "18446744073709551615", "18446744073709551616", "184467440737095516160",
		"340282366920938463463374607431768211455", "340282366920938463463374607431768211456", "340282366920938463463374607431768211460",
		"999999999999999999999999999999999999999", "34028236692093846346337460743176821145500", strings.Repeat("0", 39), strings.Repeat("0", 40),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseHashKey(s)
		isNumber := s != "" && strings.Trim(s, "0123456789") == "" && len(s) <= 39
		want, _ := new(big.Int).SetString(s, 10)
		if isNumber && want.BitLen() > 128 {
			isNumber = false
		}
		if ok != isNumber {
			t.Fatalf("%q: parsed %t, want %t", s, ok, isNumber)
		}
		if back := new(big.Int).Add(new(big.Int).Lsh(new(big.Int).SetUint64(got.hi), 64), new(big.Int).SetUint64(got.lo)); ok && back.Cmp(want) != 0 {
			t.Errorf("%q: got %s", s, back)
		}
	})
}
