package format

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestFault16SizeOfAQuotedString(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 2026))
	pieces := []string{"a", "12345678", "\x00", "\"", "\\", "\n", "\t", "\x7f", "é", "\u0085", "\u2028", "\U0001f600", "\xff", "\xed\xa0\x80", "\ufffd"}
	for range 5000 {
		var s []byte
		for range r.IntN(20) {
			s = append(s, pieces[r.IntN(len(pieces))]...)
		}
		if got, want := quotedSize(s), len(appendQuoted(nil, s))-2; got != want {
			t.Fatalf("%q: %d bytes, want %d", s, got, want)
		}
	}
}

func TestFault16JSONLineWithALongStringAllocatesLittle(t *testing.T) {
	s := bytes.Repeat([]byte{1}, 3*longString)
	n := testing.AllocsPerRun(20, func() { // an average of 20 runs: the first ones fill the pools
		line, err := JSON{}.Append(make([]byte, 0, 4*longString), plain(string(s)))
		if err != nil || cap(line) > 6*len(s)+longString {
			t.Errorf("%d bytes of room for %d, %v", cap(line), len(line), err)
		}
	})
	if n > 6 { // including the allocations of the record itself
		t.Errorf("%v allocations", n)
	}
}

// appendQuoted computes the size of a long string first and grows the buffer once. Growing step by
// step would hold the line in memory twice and leave garbage as large as the line.
func TestFault16LongStringNeedsOneAllocation(t *testing.T) {
	for _, size := range []int{100_000, 1<<20 - 1, 1 << 20} {
		data := bytes.Repeat([]byte{1}, size)
		line := make([]byte, 0, size+1<<10)                                         // like the buffer of a block
		once := testing.AllocsPerRun(1, func() { _ = slices.Grow(line, 6*size+2) }) // 2 allocations under the race detector
		if allocs := testing.AllocsPerRun(1, func() { appendQuoted(line, data) }); allocs != once {
			t.Errorf("%d bytes: the line took %v pieces of memory, want %v", size, allocs, once)
		}
	}
}
