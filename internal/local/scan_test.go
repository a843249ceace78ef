package local

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// skipAll reports whether the scanner can skip the whole text.
func skipAll(text string) bool {
	s := scanner{text: []byte(text)}
	return s.skip() == nil && s.end()
}

func TestScannerAcceptsJSON(t *testing.T) {
	for _, c := range []struct {
		text string
		want bool
	}{
		{`{}`, true},
		{` { "a" : [ 1 , -2.5e+3 , true , false , null , "x" , { } , [ ] ] } `, true},
		{`{"a":"\\"}`, true},
		{`{"a":"\""}`, true},
		{`{"a":"\\\""}`, true},
		{``, false},
		{`{`, false},
		{`{"a"}`, false},
		{`{"a":}`, false},
		{`{"a":1,}`, false},
		{`{"a":1 "b":2}`, false},
		{`[1,]`, false},
		{`{"a":"x}`, false},
		{`{"a":"x\`, false},
		{`{"a":"x\"`, false},
		{`{} x`, false},
		{strings.Repeat(`[`, 100) + strings.Repeat(`]`, 100), false},
	} {
		if got := skipAll(c.text); got != c.want {
			t.Errorf("%q: got %v, want %v", c.text, got, c.want)
		}
	}
}

func TestUnescape(t *testing.T) {
	for raw, want := range map[string]string{
		`plain`:                `plain`,
		`\"\\\/\b\f\n\r\t`:     "\"\\/\b\f\n\r\t",
		`\u00e9\u4E16`:         "é世",
		`\ud83d\udd11`:         "🔑",
		`\ud83d`:               "\ufffd",
		`\ud83dx`:              "\ufffdx",
		`\ud83d\u0041`:         "\ufffdA",
		`\udd11`:               "\ufffd",
		`\u12`:                 "u12",
		`\x`:                   "x",
		`a\`:                   `a\`,
		`\ud83d\ud83d\udd11`:   "\ufffd🔑",
		"\xff":                 "\xff",
		`eW91\/IGZvdW5kIGl0\/`: `eW91/IGZvdW5kIGl0/`,
	} {
		if got := string(unescape([]byte(raw))); got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
}

func FuzzScanner(f *testing.F) {
	for _, s := range []string{`{"a":[1,"b\u0041",null]}`, `"\\"`, `[[]]`, `{"a":1}x`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if json.Valid([]byte(text)) && strings.Count(text, "[")+strings.Count(text, "{") < maxNesting && !skipAll(text) {
			t.Errorf("%q is valid JSON, but was refused", text)
		}
	})
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", "a\"b\\c\n\x01", "世界🔑", "\xff\xfe", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := appendString(nil, text)
		var back string
		if err := json.Unmarshal(got, &back); err != nil {
			t.Fatalf("%q is written as %q: %v", text, got, err)
		}
		if utf8.ValidString(text) && back != text {
			t.Errorf("%q is written as %q, which means %q", text, got, back)
		}
		raw, _, err := (&scanner{text: got}).string()
		if err != nil || string(unescape(raw)) != back {
			t.Errorf("the scanner reads %q as %q, %v, want %q", got, unescape(raw), err, back)
		}
	})
}
