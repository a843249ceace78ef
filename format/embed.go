package format

import (
	"bytes"
	"strconv"
	"unicode/utf16"
)

// maxEmbeddedDepth is the maximum nesting of an embedded payload. An object counts as two
// levels. jq 1.6 accepts 256 open arrays, objects and member names in a line, and the line
// itself uses two of them.
const maxEmbeddedDepth = 254

func (r jsonRules) maxDepth() int {
	if r == strictJSON {
		return maxEmbeddedDepth
	}
	return maxJSONDepth
}

// embeddable reports whether strict parsers read the JSON value b unchanged if it is a
// member of a line. These are encoding/json, jq since 1.6, and Python's json. They reject
// or change some values that validJSON accepts: nesting beyond maxEmbeddedDepth, a number
// that is no finite double, and half of a surrogate pair.
func embeddable(b []byte) bool { return isValue(b, strictJSON) && pairsSurrogates(b) }

// maxDoubleDigits is the length up to which a number without an exponent is certainly a finite
// double.
const maxDoubleDigits = 300

// isDouble reports whether a JSON number, rounded, fits a double. It rejects every integer
// that exceeds Python's limit of 4,300 digits.
func isDouble(number []byte) bool {
	_, err := strconv.ParseFloat(string(number), 64)
	return err == nil
}

// pairsSurrogates reports whether every escaped surrogate in the valid JSON value b is half
// of a pair.
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
