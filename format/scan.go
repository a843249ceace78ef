package format

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// maxJSONDepth is the maximum nesting of objects and arrays in an input. encoding/json and
// jq 1.7 stop at 10,000.
const maxJSONDepth = 9999

// jsonRules select what a scan accepts.
type jsonRules bool

const (
	anyJSON    jsonRules = false // RFC 8259, nested up to maxJSONDepth
	strictJSON jsonRules = true  // the rules of embeddable, except for surrogates
)

// validJSON reports whether b is one JSON value in valid UTF-8, with only white space
// around it and nested up to maxJSONDepth. It agrees with encoding/json.Valid except for
// these two limits: encoding/json accepts invalid UTF-8 inside strings.
func validJSON(b []byte) bool { return isValue(b, anyJSON) }

func isValue(b []byte, rules jsonRules) bool {
	i := skipValue(b, skipSpace(b, 0), 0, rules)
	return i >= 0 && skipSpace(b, i) == len(b) && utf8.Valid(b)
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func skipSpace(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

// trimSpace returns b without the JSON white space around it.
func trimSpace(b []byte) []byte {
	b = b[skipSpace(b, 0):]
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// skipValue returns the index after the JSON value that begins at b[i], or -1 if there is
// no valid one. depth is the number of enclosing objects and arrays. The strict rules count
// objects twice. Bytes from 0x80 on inside strings are not checked.
func skipValue(b []byte, i, depth int, rules jsonRules) int {
	if i >= len(b) {
		return -1
	}
	switch c := b[i]; c {
	case '"':
		return skipString(b, i)
	case '{':
		return skipObject(b, i, depth+1, rules)
	case '[':
		return skipArray(b, i, depth+1, rules)
	case 't':
		return skipWord(b, i, "true")
	case 'f':
		return skipWord(b, i, "false")
	case 'n':
		return skipWord(b, i, "null")
	default:
		end, exponent := skipNumber(b, i)
		if rules == strictJSON && (exponent || end > i+maxDoubleDigits) && !isDouble(b[i:end]) {
			return -1
		}
		return end
	}
}

func skipObject(b []byte, i, depth int, rules jsonRules) int {
	if rules == strictJSON {
		depth++
	}
	if depth > rules.maxDepth() {
		return -1
	}
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(b) || b[i] != '"' {
			return -1
		}
		if i = skipString(b, i); i < 0 {
			return -1
		}
		if i = skipSpace(b, i); i >= len(b) || b[i] != ':' {
			return -1
		}
		if i = skipValue(b, skipSpace(b, i+1), depth, rules); i < 0 {
			return -1
		}
		if i = skipSpace(b, i); i >= len(b) {
			return -1
		}
		switch b[i] {
		case ',':
			i = skipSpace(b, i+1)
		case '}':
			return i + 1
		default:
			return -1
		}
	}
}

func skipArray(b []byte, i, depth int, rules jsonRules) int {
	if depth > rules.maxDepth() {
		return -1
	}
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == ']' {
		return i + 1
	}
	for {
		if i = skipValue(b, i, depth, rules); i < 0 {
			return -1
		}
		if i = skipSpace(b, i); i >= len(b) {
			return -1
		}
		switch b[i] {
		case ',':
			i = skipSpace(b, i+1)
		case ']':
			return i + 1
		default:
			return -1
		}
	}
}

// skipString returns the index after the string whose opening quote is b[i], or -1.
func skipString(b []byte, i int) int {
	i++
	for {
		for i+8 <= len(b) {
			if m := specialBytes(binary.LittleEndian.Uint64(b[i:])); m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		if i >= len(b) {
			return -1
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c == '\\':
			if i = skipEscape(b, i); i < 0 {
				return -1
			}
		case c < ' ':
			return -1
		default:
			i++
		}
	}
}

// specialBytes sets the high bit of each byte of w that is a quote, a backslash or below a
// space. Bits above the lowest set one may be wrong.
func specialBytes(w uint64) uint64 {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote := w ^ ones*'"'
	slash := w ^ ones*'\\'
	return ((quote-ones)&^quote | (slash-ones)&^slash | (w-ones*' ')&^w) & highs
}

func skipEscape(b []byte, i int) int {
	if i+1 >= len(b) {
		return -1
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		if hex4(b, i+2) < 0 {
			return -1
		}
		return i + 6
	}
	return -1
}

// hex4 returns the value of the four hex digits at b[i], or -1.
func hex4(b []byte, i int) rune {
	if i+4 > len(b) {
		return -1
	}
	var r rune
	for _, c := range b[i : i+4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

func skipWord(b []byte, i int, word string) int {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return -1
	}
	return i + len(word)
}

// skipNumber returns the index after the number at b[i], or -1. exponent reports whether
// the number has an exponent.
func skipNumber(b []byte, i int) (end int, exponent bool) {
	if b[i] == '-' {
		i++
	}
	switch {
	case i >= len(b):
		return -1, false
	case b[i] == '0':
		i++
	case '1' <= b[i] && b[i] <= '9':
		i = skipDigits(b, i)
	default:
		return -1, false
	}
	if i < len(b) && b[i] == '.' {
		n := skipDigits(b, i+1)
		if n == i+1 {
			return -1, false
		}
		i = n
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		n := skipDigits(b, i)
		if n == i {
			return -1, false
		}
		return n, true
	}
	return i, false
}

func skipDigits(b []byte, i int) int {
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	return i
}
