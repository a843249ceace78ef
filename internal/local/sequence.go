package local

import "math/bits"

// sequence is a sequence number in the layout that the service uses today. It has 188 bits,
// from the highest:
//
//	 4  the constant 2
//	36  epoch: the second in which the shard was created
//	 4  the lowest bits of the shard's number
//	64  index: the number of the record in the shard
//	 8  zero
//	36  second: when the record arrived
//	32  the shard's number
//	 4  the constant 2, a version
//
// Within a shard a sequence number increases with its index. Along a lineage it increases
// because a child's epoch is later than those of its parents. It identifies the shard and the
// incarnation of the stream. Its decimal form always has 56 digits. It is documented as opaque,
// but KCL decodes it too (checkpoint/SequenceNumberValidator.java).
type sequence struct {
	epoch  int64 // seconds
	index  uint64
	second int64
	shard  uint32
}

const (
	sequenceDigits = 56
	// lastIndex is the index in the ending sequence number of a closed shard.
	lastIndex = 1<<63 - 1
	ten19     = 10_000_000_000_000_000_000
)

func (s sequence) words() (w2, w1, w0 uint64) {
	second := uint64(s.second) & (1<<36 - 1)
	w0 = 2 | uint64(s.shard)<<4 | second<<36
	w1 = second>>28 | s.index<<16
	w2 = s.index>>48 | uint64(s.shard&0xf)<<16 | (uint64(s.epoch)&(1<<36-1))<<20 | 2<<56
	return w2, w1, w0
}

// append appends the decimal form to dst.
func (s sequence) append(dst []byte) []byte {
	w2, w1, w0 := s.words()
	q1, r := bits.Div64(w2, w1, ten19) // w2 < 2^58 < 10^19
	q0, low := bits.Div64(r, w0, ten19)
	high, middle := bits.Div64(q1, q0, ten19)

	n := len(dst)
	dst = append(dst, make([]byte, sequenceDigits)...)
	putDigits(dst[n:n+18], high)
	putDigits(dst[n+18:n+37], middle)
	putDigits(dst[n+37:n+56], low)
	return dst
}

func (s sequence) String() string { return string(s.append(nil)) }

// putDigits writes v in decimal and fills dst with leading zeros.
func putDigits(dst []byte, v uint64) {
	const pairs = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"
	i := len(dst)
	for i >= 2 {
		p := v % 100 * 2
		v /= 100
		i -= 2
		dst[i], dst[i+1] = pairs[p], pairs[p+1]
	}
	if i == 1 {
		dst[0] = byte('0' + v%10)
	}
}

// parseSequence parses the decimal form. It returns false if text is not in this layout.
func parseSequence(text string) (sequence, bool) {
	if len(text) != sequenceDigits {
		return sequence{}, false
	}
	var w2, w1, w0 uint64
	for i := range len(text) {
		c := text[i]
		if c < '0' || c > '9' {
			return sequence{}, false
		}
		h0, l0 := bits.Mul64(w0, 10)
		h1, l1 := bits.Mul64(w1, 10)
		var carry uint64
		w0, carry = bits.Add64(l0, uint64(c-'0'), 0)
		w1, carry = bits.Add64(l1, h0, carry)
		w2 = w2*10 + h1 + carry
	}
	s := sequence{
		epoch:  int64(w2 >> 20 & (1<<36 - 1)),
		index:  w2<<48 | w1>>16,
		second: int64(w1&0xff<<28 | w0>>36),
		shard:  uint32(w0 >> 4),
	}
	v2, v1, v0 := s.words()
	return s, v2 == w2 && v1 == w1 && v0 == w0
}

// compare orders two sequence numbers of the same shard.
func (s sequence) compare(o sequence) int {
	switch {
	case s.index < o.index:
		return -1
	case s.index > o.index:
		return 1
	case s.second < o.second:
		return -1
	case s.second > o.second:
		return 1
	}
	return 0
}
