package local

import (
	"math/big"
	"math/rand/v2"
	"testing"
)

// These numbers are from the service. Public issues of its client libraries quote them together
// with their shards.
func TestSequenceNumbersOfTheServiceParse(t *testing.T) {
	for _, c := range []struct {
		text  string
		shard uint32
	}{
		{"49588160223248606261076875455806734688981848970781268242", 401},
		{"49588160317469254724868758295577415592252907054528732194", 450},
		{"49588160406181619124623577364989381944926527427488784066", 492},
		{"49594189147623985939251953501666965394405037144469929986", 0},
	} {
		q, ok := parseSequence(c.text)
		if !ok || q.shard != c.shard {
			t.Errorf("parseSequence(%s) = %+v, %v, want shard %d", c.text, q, ok, c.shard)
		}
		if q.String() != c.text {
			t.Errorf("%s is printed as %s", c.text, q)
		}
	}
}

func TestSequenceNumberLayout(t *testing.T) {
	q := sequence{epoch: 0x123456789, index: 0xfedcba9876543210, second: 0xabcdef012, shard: 0x1357}
	want, _ := new(big.Int).SetString("2"+"123456789"+"7"+"fedcba9876543210"+"00"+"abcdef012"+"00001357"+"2", 16)
	if q.String() != want.String() {
		t.Errorf("got %s, want %s", q, want)
	}
	if want.BitLen() != 186 {
		t.Errorf("a sequence number has %d bits, want 186", want.BitLen())
	}
}

func TestSequenceNumbersPrintAndParse(t *testing.T) {
	for range 10000 {
		q := sequence{
			epoch: rand.Int64N(1 << 36), index: rand.Uint64(), second: rand.Int64N(1 << 36), shard: rand.Uint32N(1 << 31),
		}
		got, ok := parseSequence(q.String())
		if !ok || got != q {
			t.Fatalf("%+v is printed as %s and parsed as %+v, %v", q, q, got, ok)
		}
	}
}

func TestOtherNumbersAreNotSequenceNumbers(t *testing.T) {
	good := sequence{epoch: 1_800_000_000, index: 1, second: 1_800_000_000, shard: 3}.String()
	next, _ := new(big.Int).SetString(good, 10)
	for _, text := range []string{
		"", "0", "1", "x" + good[1:], good + "0", good[1:], "9" + good[1:],
		next.Add(next, big.NewInt(1)).String(), // with another version
	} {
		if q, ok := parseSequence(text); ok {
			t.Errorf("parseSequence(%q) = %+v, want none", text, q)
		}
	}
}

func FuzzParseSequence(f *testing.F) {
	f.Add("49588160223248606261076875455806734688981848970781268242")
	f.Add("1")
	f.Fuzz(func(t *testing.T, text string) {
		if q, ok := parseSequence(text); ok && q.String() != text {
			t.Errorf("%q is printed as %q", text, q)
		}
	})
}
