package local

import "testing"

func TestHashKeyIsTheDecimalOfTheService(t *testing.T) {
	const largest = "340282366920938463463374607431768211455"
	for _, c := range []struct {
		in   string
		want hashKey
		ok   bool
	}{
		{"0", hashKey{}, true},
		{"7", hashKey{0, 7}, true},
		{"18446744073709551616", hashKey{1, 0}, true},
		{largest, maxHashKey, true},
		{"340282366920938463463374607431768211456", hashKey{}, false},
		{"999999999999999999999999999999999999999", hashKey{}, false},
		{"", hashKey{}, false},
		{"00", hashKey{}, false},
		{"01", hashKey{}, false},
		{"-1", hashKey{}, false},
		{"1a", hashKey{}, false},
		{largest + "0", hashKey{}, false},
	} {
		got, ok := parseHashKey([]byte(c.in))
		if ok != c.ok || ok && got != c.want {
			t.Errorf("parseHashKey(%q) = %v, %v, want %v, %v", c.in, got, ok, c.want, c.ok)
		}
		if ok && got.String() != c.in {
			t.Errorf("%q is printed as %q", c.in, got.String())
		}
	}
}

// The expected number was computed with Python's hashlib.
func TestHashOfIsTheMD5AsABigEndianNumber(t *testing.T) {
	if got, want := hashOf([]byte("partitionKey")).String(), "193318062818912349798954611745638949166"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNextAndPreviousCarry(t *testing.T) {
	low := hashKey{0, ^uint64(0)}
	if low.next() != (hashKey{1, 0}) || (hashKey{1, 0}).previous() != low {
		t.Error("no carry between the halves")
	}
	if maxHashKey.next() != (hashKey{}) || (hashKey{}).previous() != maxHashKey {
		t.Error("no wrap at the ends")
	}
}

func TestBoundariesAreThoseOfCreateStream(t *testing.T) {
	// The starting hash keys of a stream with three shards in the service.
	for i, want := range []string{"0", "113427455640312821154458202477256070485", "226854911280625642308916404954512140970"} {
		if got := boundary(i, 3).String(); got != want {
			t.Errorf("boundary(%d, 3) = %s, want %s", i, got, want)
		}
	}
}
