package format

import (
	"bytes"
	"strconv"
	"unicode/utf16"
)

// mostEmbeddedDepth is how deep an embedded payload may be nested, an object
// counting as two levels: jq 1.6 holds 256 open arrays, objects and names of
// members in a line, and two of them are the line's own.
const mostEmbeddedDepth = 254

func (r jsonRules) mostDepth() int {
	if r == strictJSON {
		return mostEmbeddedDepth
	}
	return maxJSONDepth
}

// embeddable reports whether strict parsers read the JSON value b back when it
// is a member of a line: encoding/json, jq from 1.6 on and Python's json. They
// refuse, or change, what validJSON accepts: nesting beyond mostEmbeddedDepth,
// a number that is no finite double, and half of a surrogate pair.
func embeddable(b []byte) bool { return isValue(b, strictJSON) && pairsSurrogates(b) }

// mostDigits is how long a number without an exponent may be that is surely a
// finite double.
const mostDigits = 300

// isDouble reports whether a double can hold a JSON number, rounded. It refuses
// every integer that Python refuses for its 4,300 digits.
func isDouble(number []byte) bool {
	_, err := strconv.ParseFloat(string(number), 64)
	return err == nil
}

// pairsSurrogates reports whether every surrogate that the valid JSON value b
// escapes is half of a pair.
func pairsSurrogates(b []byte) bool {
	if !bytes.Contains(b, []byte(`\u`)) {
		return true
	}
	for {
		i := bytes.IndexByte(b, '\\')
		if i < 0 {
			return true
		}
		if b[i+1] != 'u' {
			b = b[i+2:]
			continue
		}
		r := hex4(b, i+2)
		b = b[i+6:]
		if !utf16.IsSurrogate(r) {
			continue
		}
		if isLowSurrogate(r) || len(b) < 6 || b[0] != '\\' || b[1] != 'u' || !isLowSurrogate(hex4(b, 2)) {
			return false
		}
		b = b[6:]
	}
}
