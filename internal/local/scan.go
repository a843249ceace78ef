package local

import (
	"bytes"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner parses a JSON text without building values. It is for PutRecords, whose requests are
// up to 14 MB of base64 in a known structure. It is lenient: of the values that it skips it
// checks only the nesting.
type scanner struct {
	text  []byte
	at    int
	depth int // of nesting
}

var errSyntax = errors.New("malformed JSON")

const maxNesting = 64

// peek skips white space and returns the next byte without consuming it, or 0 at the end.
func (s *scanner) peek() byte {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) expect(c byte) error {
	if s.peek() != c {
		return errSyntax
	}
	s.at++
	return nil
}

// object calls member with each name of an object. The scanner is then before the value, and
// member must consume it.
func (s *scanner) object(member func(name []byte) error) error {
	return s.list('{', '}', func() error {
		raw, escaped, err := s.string()
		if err != nil {
			return err
		}
		if escaped {
			raw = unescape(raw)
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		return member(raw)
	})
}

// array calls element with the scanner before each element. element must consume it.
func (s *scanner) array(element func() error) error { return s.list('[', ']', element) }

func (s *scanner) list(open, end byte, element func() error) error {
	if err := s.expect(open); err != nil {
		return err
	}
	if s.depth++; s.depth > maxNesting {
		return errSyntax
	}
	defer func() { s.depth-- }()
	if s.peek() == end {
		s.at++
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.at++
		case end:
			s.at++
			return nil
		default:
			return errSyntax
		}
	}
}

// null consumes a null and returns true. It returns false if the next value is not null.
func (s *scanner) null() bool {
	if s.peek() == 'n' && bytes.HasPrefix(s.text[s.at:], []byte("null")) {
		s.at += 4
		return true
	}
	return false
}

// string returns the text between the quotes and whether it has escapes. raw is a part of
// s.text.
func (s *scanner) string() (raw []byte, escaped bool, err error) {
	if err := s.expect('"'); err != nil {
		return nil, false, err
	}
	start := s.at
	for {
		end := bytes.IndexByte(s.text[s.at:], '"')
		if end < 0 {
			return nil, false, errSyntax
		}
		part := s.text[s.at : s.at+end]
		backslash := bytes.IndexByte(part, '\\')
		if backslash < 0 {
			s.at += end + 1
			return s.text[start : s.at-1], escaped, nil
		}
		escaped = true
		s.at += backslash + 2
		if s.at > len(s.text) {
			return nil, false, errSyntax
		}
	}
}

// skip consumes any value.
func (s *scanner) skip() error {
	switch s.peek() {
	case '{':
		return s.object(func([]byte) error { return s.skip() })
	case '[':
		return s.array(s.skip)
	case '"':
		_, _, err := s.string()
		return err
	}
	start := s.at
	for s.at < len(s.text) && bytes.IndexByte([]byte("-+.eE0123456789truefalsn"), s.text[s.at]) >= 0 {
		s.at++
	}
	if s.at == start {
		return errSyntax
	}
	return nil
}

// end reports whether only white space is left.
func (s *scanner) end() bool { return s.peek() == 0 && s.at == len(s.text) }

// unescape decodes the escapes of a raw JSON string. An unknown escape becomes its character
// without the backslash. A lone surrogate becomes U+FFFD.
func unescape(raw []byte) []byte {
	dst := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' || i+1 == len(raw) {
			dst = append(dst, raw[i])
			continue
		}
		i++
		switch c := raw[i]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r, ok := hex4(raw[i+1:])
			if !ok {
				dst = append(dst, c)
				continue
			}
			i += 4
			if utf16.IsSurrogate(r) {
				pair := rune(utf8.RuneError)
				if rest := raw[i+1:]; len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
					if low, ok := hex4(rest[2:]); ok {
						pair = utf16.DecodeRune(r, low)
					}
				}
				if pair != utf8.RuneError {
					i += 6
				}
				r = pair
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// appendString appends s to dst as a JSON string. It escapes control characters and replaces
// invalid UTF-8 with an escaped U+FFFD.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
			dst = append(append(dst, s[start:i]...), `\ufffd`...)
		} else {
			dst = append(dst, s[start:i]...)
			if c == '"' || c == '\\' {
				dst = append(dst, '\\', c)
			} else {
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
		}
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}
