package format

import (
	"unicode"
	"unicode/utf8"
)

// appendVisible appends s so that a terminal prints all of its characters and interprets
// none. After a newline inside s it appends lineBreak. A byte that is not UTF-8 becomes
// U+FFFD.
func (p *Pretty) appendVisible(dst, s []byte, lineBreak string) []byte {
	from := 0
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(s[i:])
		}
		if isVisible(r) && (r != utf8.RuneError || n > 1) {
			i += n
			continue
		}
		dst = append(dst, s[from:i]...)
		i += n
		from = i
		if r == utf8.RuneError {
			dst = append(dst, "\ufffd"...)
			continue
		}
		dst = append(dst, p.escape.on...)
		dst = appendVisibleEscape(dst, r)
		dst = append(dst, p.escape.off...)
		if r == '\n' && i < len(s) {
			dst = append(dst, lineBreak...)
		}
	}
	return append(dst, s[from:]...)
}

// isVisible reports whether r may be sent to a terminal. It excludes control characters,
// line separators, and format characters such as bidi overrides. The two joiners are
// allowed, because Persian text and many emoji need them.
func isVisible(r rune) bool {
	switch {
	case r < 0x7f:
		return r >= ' '
	case r < 0xa0:
		return false
	case r < 0x2000:
		return !unicode.Is(unicode.Cf, r)
	case r == '\u200c' || r == '\u200d':
		return true
	}
	return !unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

func appendVisibleEscape(dst []byte, r rune) []byte {
	if r <= 0xffff {
		return appendEscape(dst, r)
	}
	dst = append(dst, '\\', 'U')
	for shift := 28; shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[r>>shift&15])
	}
	return dst
}
