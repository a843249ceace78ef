package format

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// valueScanner finds the end of a JSON value that arrives in pieces. It accepts the same
// values as skipValue.
type valueScanner struct {
	state scanState
	stack []byte // stack of open { and [
	word  string // the rest of true, false or null
	hex   int    // digits of a \u escape still to come
	key   bool   // the string is a member's name
}

// scanState is what may come next.
type scanState uint8

const (
	scanValue     scanState = iota // a value
	scanFirst                      // a value, or the end of an empty array
	scanMember                     // a name, or the end of an empty object
	scanName                       // a name
	scanColon                      // the colon after a name
	scanAfter                      // a comma or a closing bracket
	scanString                     // the rest of a string
	scanEscape                     // the character after a backslash
	scanHex                        // a hex digit
	scanWord                       // the rest of a word
	scanMinus                      // a digit
	scanZero                       // the end of a number's integer
	scanInteger                    // digits
	scanPoint                      // a digit
	scanFraction                   // digits
	scanExponent                   // a sign or a digit
	scanSign                       // a digit
	scanExponents                  // digits
	scanDone
)

var errDepth = fmt.Errorf("not JSON: nested deeper than %d", maxJSONDepth)

// scan continues with the bytes b. They start with the value or follow the bytes scanned
// before. done means that the value ends before b[n]; otherwise n is len(b). A number at
// the end of b is never done: call finish at the end of the input.
func (v *valueScanner) scan(b []byte) (n int, done bool, err error) {
	for i := 0; i < len(b); i++ {
		if v.state == scanString {
			if i = plainString(b, i); i == len(b) {
				break
			}
		}
		ended, err := v.step(b[i])
		if err != nil {
			return i, false, err
		}
		if v.state == scanDone {
			if ended { // by a byte that is not part of the value
				return i, true, nil
			}
			return i + 1, true, nil
		}
	}
	return len(b), false, nil
}

// finish reports whether the value is complete at the end of the input.
func (v *valueScanner) finish() bool {
	return len(v.stack) == 0 && v.endsNumber()
}

func (v *valueScanner) reset() { *v = valueScanner{stack: v.stack[:0]} }

// plainString returns the index of the first byte from i on that is special inside a
// string, or len(b).
func plainString(b []byte, i int) int {
	for i+8 <= len(b) {
		if m := specialBytes(binary.LittleEndian.Uint64(b[i:])); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
		i++
	}
	return i
}

// endsNumber reports whether a number may end here.
func (v *valueScanner) endsNumber() bool {
	switch v.state {
	case scanZero, scanInteger, scanFraction, scanExponents:
		return true
	}
	return false
}

// step processes one byte. ended means that the value is a number and ends before this
// byte.
func (v *valueScanner) step(c byte) (ended bool, err error) {
	switch v.state {
	case scanString:
		return false, v.inString(c)
	case scanEscape, scanHex:
		return false, v.inEscape(c)
	case scanWord:
		if c != v.word[0] {
			return false, unexpected(c)
		}
		if v.word = v.word[1:]; v.word == "" {
			v.complete()
		}
		return false, nil
	}
	if v.state >= scanMinus {
		if next, ok := inNumber(v.state, c); ok {
			v.state = next
			return false, nil
		}
		if !v.endsNumber() {
			return false, unexpected(c)
		}
		if v.complete(); v.state == scanDone {
			return true, nil
		}
	}
	if isSpace(c) {
		return false, nil
	}
	return false, v.between(c)
}

// complete notes the end of a value.
func (v *valueScanner) complete() {
	v.state = scanAfter
	if len(v.stack) == 0 {
		v.state = scanDone
	}
}

// between processes a byte outside of strings, words and numbers.
func (v *valueScanner) between(c byte) error {
	inObject := len(v.stack) > 0 && v.stack[len(v.stack)-1] == '{'
	switch {
	case v.state == scanAfter && c == ',':
		v.state = scanValue
		if inObject {
			v.state = scanName
		}
	case c == '}' && inObject && (v.state == scanAfter || v.state == scanMember),
		c == ']' && !inObject && len(v.stack) > 0 && (v.state == scanAfter || v.state == scanFirst):
		v.stack = v.stack[:len(v.stack)-1]
		v.complete()
	case v.state == scanColon && c == ':':
		v.state = scanValue
	case (v.state == scanName || v.state == scanMember) && c == '"':
		v.state, v.key = scanString, true
	case v.state == scanValue || v.state == scanFirst:
		return v.begin(c)
	default:
		return unexpected(c)
	}
	return nil
}

// begin processes the first byte of a value.
func (v *valueScanner) begin(c byte) error {
	switch c {
	case '{', '[':
		if len(v.stack) == maxJSONDepth {
			return errDepth
		}
		v.stack = append(v.stack, c)
		if v.state = scanFirst; c == '{' {
			v.state = scanMember
		}
	case '"':
		v.state, v.key = scanString, false
	case 't':
		v.state, v.word = scanWord, "true"[1:]
	case 'f':
		v.state, v.word = scanWord, "false"[1:]
	case 'n':
		v.state, v.word = scanWord, "null"[1:]
	case '-':
		v.state = scanMinus
	case '0':
		v.state = scanZero
	default:
		if c < '1' || c > '9' {
			return unexpected(c)
		}
		v.state = scanInteger
	}
	return nil
}

func (v *valueScanner) inString(c byte) error {
	switch {
	case c == '\\':
		v.state = scanEscape
	case c < ' ':
		return errors.New("not JSON: a control character in a string")
	case c != '"':
	case v.key:
		v.state = scanColon
	default:
		v.complete()
	}
	return nil
}

func (v *valueScanner) inEscape(c byte) error {
	if v.state == scanHex {
		if !isHex(c) {
			return unexpected(c)
		}
		if v.hex--; v.hex == 0 {
			v.state = scanString
		}
		return nil
	}
	switch c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		v.state = scanString
	case 'u':
		v.state, v.hex = scanHex, 4
	default:
		return unexpected(c)
	}
	return nil
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// inNumber returns the next state after the byte c of a number. It is not ok if c does not
// continue the number.
func inNumber(state scanState, c byte) (next scanState, ok bool) {
	digit := '0' <= c && c <= '9'
	exponent := c == 'e' || c == 'E'
	switch state {
	case scanMinus:
		if c == '0' {
			return scanZero, true
		}
		return scanInteger, digit
	case scanZero, scanInteger:
		switch {
		case c == '.':
			return scanPoint, true
		case exponent:
			return scanExponent, true
		}
		return scanInteger, digit && state == scanInteger
	case scanPoint, scanFraction:
		if exponent && state == scanFraction {
			return scanExponent, true
		}
		return scanFraction, digit
	case scanExponent:
		if c == '+' || c == '-' {
			return scanSign, true
		}
		return scanExponents, digit
	}
	return scanExponents, digit // scanSign, scanExponents
}

func unexpected(c byte) error {
	if c < ' ' || c >= 0x7f {
		return fmt.Errorf("not JSON: unexpected byte 0x%02x", c)
	}
	return fmt.Errorf("not JSON: unexpected %q", rune(c))
}
