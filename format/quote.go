package format

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// appendQuoted appends s as a JSON string. It escapes the quote, the backslash, every
// control character (C0, DEL, C1), and the line separators U+2028 and U+2029. So the result
// is one line for every tool and harmless to a terminal. Nothing is escaped for HTML. A
// byte that is not UTF-8 becomes U+FFFD.
func appendQuoted(dst, s []byte) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		for i+8 <= len(s) {
			if m := unquotable(binary.LittleEndian.Uint64(s[i:])); m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		if i >= len(s) {
			break
		}
		r, n := rune(s[i]), 1
		for r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(s[i:])
			if r == utf8.RuneError && n == 1 || r < 0xa0 || r == '\u2028' || r == '\u2029' {
				break
			}
			if i += n; i == len(s) {
				break
			}
			r, n = rune(s[i]), 1
		}
		if i == len(s) {
			break
		}
		if r >= ' ' && r < 0x7f && r != '"' && r != '\\' {
			i++
			continue
		}
		if left := len(s) - from; left > longString && cap(dst)-len(dst) < left+maxEscape {
			dst = slices.Grow(dst, quotedSize(s[from:])+1)
		}
		dst = append(dst, s[from:i]...)
		dst = appendEscape(dst, r)
		i += n
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

const (
	// longString is the length up to which the buffer of a string grows step by step. For
	// longer strings the exact size is computed first, because each growth step holds the
	// string twice and allocates too much.
	longString = 64 << 10
	maxEscape  = 6 // bytes of the longest escape
)

// quotedSize returns the number of bytes that appendQuoted appends for s, without the
// quotes.
func quotedSize(s []byte) int {
	size := len(s)
	for i := 0; i < len(s); {
		if i+8 <= len(s) && unquotable(binary.LittleEndian.Uint64(s[i:])) == 0 {
			i += 8
			continue
		}
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(s[i:])
		}
		switch {
		case r == '"' || r == '\\' || r == '\n' || r == '\r' || r == '\t':
			size++
		case r < ' ' || 0x7f <= r && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == utf8.RuneError && n == 1:
			size += maxEscape - n
		}
		i += n
	}
	return size
}

// unquotable sets the high bit of each byte of w that a JSON string cannot contain
// unescaped. Bits above the lowest set one may be wrong.
func unquotable(w uint64) uint64 {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	del := w ^ ones*0x7f
	return specialBytes(w) | ((del-ones)&^del|w)&highs
}

// appendEscape appends the escape of r. r must be below U+10000.
func appendEscape(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}
