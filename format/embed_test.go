package format

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func nested(open, inner, closing string, n int) string {
	return strings.Repeat(open, n) + inner + strings.Repeat(closing, n)
}

// strictCases are payloads with their dataEncoding in mode auto.
var strictCases = []struct{ name, payload, encoding string }{
	{"half of a pair", `{"a":"\ud800"}`, "text"},
	{"low half of a pair", `["\udc00"]`, "text"},
	{"halves in the wrong order", `["\udc00\ud800"]`, "text"},
	{"a half before another escape", `["\ud83d\u0041"]`, "text"},
	{"a half before text", `["\uD83Dx"]`, "text"},
	{"a half at the end", `["x\uDBFF"]`, "text"},
	{"a half before a half", `["\ud800\ud800\udc00"]`, "text"},
	{"half of a pair in a name", `{"\ud800":1}`, "text"},
	{"half of a pair in an inner name", `[{"a":{"\uDFFF":1}}]`, "text"},
	{"a pair", `{"\ud83d\ude00":"\uD83D\uDE00"}`, "json"},
	{"an escaped backslash before u", `["\\ud800"]`, "json"},
	{"an escaped backslash before an escape", `["\\\ud800"]`, "text"},
	{"254 arrays", nested("[", "", "]", 254), "json"},
	{"255 arrays", nested("[", "", "]", 255), "text"},
	{"127 objects", nested(`{"a":`, "1", "}", 127), "json"},
	{"128 objects", nested(`{"a":`, "1", "}", 128), "text"},
	{"objects and arrays", nested(`[{"a":`, "1", "}]", 84), "json"},
	{"two levels more", nested(`[{"a":`, "[1,[],[]]", "}]", 84), "json"},
	{"three levels more", nested(`[{"a":`, "[1,[[],[]]]", "}]", 84), "text"},
	{"10,000 arrays", nested("[", "", "]", 10_000), "text"},
	{"many values beside each other", "[" + strings.Repeat("[{}],", 5000) + "[]]", "json"},
	{"a number beyond a double", `[1e999]`, "text"},
	{"a negative number beyond a double", `{"a":[-1E+400]}`, "text"},
	{"the shortest number beyond a double", `[1e309]`, "text"},
	{"the greatest double", `[1.7976931348623157e308]`, "json"},
	{"just above it", `[1.7976931348623159e308]`, "text"},
	{"a number that is almost 0", `[1e-999]`, "json"},
	{"0 with an exponent", `[0e999999,-0,-0.0e+99]`, "json"},
	{"300 digits", `[` + strings.Repeat("9", 300) + `]`, "json"},
	{"310 digits", `[` + strings.Repeat("9", 310) + `]`, "text"},
	{"5,000 digits", `[` + strings.Repeat("9", 5000) + `]`, "text"},
	{"5,000 decimals", `[0.` + strings.Repeat("9", 5000) + `]`, "json"},
	{"an integer that no double holds", `{"id":12345678901234567890123}`, "json"},
	{"no number in a string", `["1e999"]`, "json"},
	{"not a number", `[NaN]`, "text"},
	{"infinite", `[Infinity]`, "text"},
	{"a leading zero", `[01]`, "text"},
	{"NUL, escaped", `{"a\u0000":"\u0000"}`, "json"},
	{"NUL, raw", "[\"\x00\"]", "text"},
	{"DEL", "[\"\x7f\"]", "json"},
	{"line separators", "[\"\u2028\u2029\u0085\"]", "json"},
	{"a name twice, and an empty one", `{"a":1,"a":2,"":3}`, "json"},
	{"a byte order mark", "\ufeff{}", "text"},
	{"text after the value", `{}x`, "text"},
	{"bytes that are not UTF-8", "[\"\xff\"]", "base64"},
	{"half of a pair as bytes", "[\"\xed\xa0\x80\"]", "base64"},
	{"a comment", `{} // x`, "text"},
}

func encodingOf(t *testing.T, line []byte) string {
	t.Helper()
	var r struct{ DataEncoding string }
	if err := json.Unmarshal(line, &r); err != nil {
		t.Fatalf("encoding/json refuses %.200q: %v", line, err)
	}
	return r.DataEncoding
}

func TestFault07AutoEmbedsOnlyWhatStrictParsersAccept(t *testing.T) {
	for _, tt := range strictCases {
		line, err := JSON{}.Append(nil, plain(tt.payload))
		if err != nil {
			t.Fatal(err)
		}
		if got := encodingOf(t, line); got != tt.encoding {
			t.Errorf("%s: printed as %s, want %s", tt.name, got, tt.encoding)
		}
		in := NewRecords(bytes.NewReader(line), 1<<20)
		if r, err := in.Next(); err != nil || string(r.Data) != tt.payload {
			t.Errorf("%s: read back as %.100q, %v", tt.name, r.Data, err)
		}
	}
}

func TestFault07ModeJSONRejectsWhatStrictParsersReject(t *testing.T) {
	for _, payload := range []string{`"\ud800"`, `1e999`, nested("[", "", "]", 255)} {
		_, err := JSON{Data: DataJSON}.Append(nil, plain(payload))
		want := "shard shardId-000000000000, sequence number 49590338271490256608559692538361571095921575989136588898: payload is JSON that other parsers reject: " +
			"an unpaired surrogate, a number too large for a double, or nesting that is too deep"
		if err == nil || err.Error() != want {
			t.Errorf("%.20q: got %v", payload, err)
		}
	}
}

// randomJSON appends a JSON value that contains cases in which parsers differ.
func randomJSON(r *rand.Rand, dst []byte, depth int) []byte {
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	space := func() { dst = append(dst, pick("", "", "", " ", "\n", "\t", "\r\n")...) }
	text := func() {
		dst = append(dst, '"')
		for range r.IntN(4) {
			dst = append(dst, pick("a", "é", "\U0001f600", `\n`, `\/`, `\"`, `\\`, `\u0000`, `\u00e9`, `\ud83d\ude00`, `\uD800`, `\udc00`, `\u2028`, "\u2028", "\u0085", "\x7f", "\x00", "\xff", "\xed\xa0\x80")...)
		}
		dst = append(dst, '"')
	}
	space()
	switch n := r.IntN(8); {
	case n < 2 && depth > 0:
		dst = append(dst, '{')
		for i := range r.IntN(4) {
			if i > 0 {
				dst = append(dst, ',')
			}
			space()
			text()
			dst = append(dst, ':')
			dst = randomJSON(r, dst, depth-1)
		}
		dst = append(dst, '}')
	case n < 4 && depth > 0:
		dst = append(dst, '[')
		for i := range r.IntN(4) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = randomJSON(r, dst, depth-1)
		}
		dst = append(dst, ']')
	case n == 4:
		text()
	case n == 5:
		dst = append(dst, pick("true", "false", "null", "NaN", "nul", "Infinity")...)
	case n == 6:
		n := r.IntN(500)
		deep := nested(pick("[", `{"a":`, `[{"a":`), "1", "", n)
		for i := len(deep) - 1; i >= 0; i-- {
			switch deep[i] {
			case '[':
				deep += "]"
			case '{':
				deep += "}"
			}
		}
		dst = append(dst, deep...)
	default:
		dst = append(dst, pick("0", "-0", "1", "-1.5", "12345678901234567890123", "0.1", "01", "1.", "5e-324", "2e308", "-1e999", "1e-999", "0e99999")...)
		if r.IntN(3) == 0 {
			dst = append(dst, strings.Repeat("7", r.IntN(6000))...)
		}
		dst = append(dst, pick("", "", "", "e5", "E+300", "e-5", "e99999999999999999999")...)
	}
	space()
	return dst
}

// Payloads that mode auto embeds are read by three strict parsers, line by line. jq and
// Python read the file once.
func TestFault07StrictParsersReadEmbeddedPayloads(t *testing.T) {
	var payloads [][]byte
	for _, tt := range strictCases {
		payloads = append(payloads, []byte(tt.payload))
	}
	r := rand.New(rand.NewPCG(7, 2026))
	for range 20_000 {
		b := randomJSON(r, []byte{}, 4)
		if r.IntN(4) == 0 {
			b = fmt.Appendf(nil, "[%s]", b)
		}
		for range r.IntN(3) * r.IntN(2) { // half of the payloads
			i := r.IntN(len(b))
			switch r.IntN(3) {
			case 0:
				b[i] ^= 1 << r.IntN(8)
			case 1:
				b = append(b[:i:i], b[i+1:]...)
			default:
				b = append(append(b[:i:i], `{}[]",:\u0e8d`[r.IntN(13)]), b[i:]...)
			}
			if len(b) == 0 {
				break
			}
		}
		payloads = append(payloads, b)
	}
	var file []byte
	var want []any
	for _, payload := range payloads {
		line, err := JSON{}.Append(nil, plain(string(payload)))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(line, '\n') != len(line)-1 {
			t.Fatalf("not one line: %q", line)
		}
		var got struct {
			DataEncoding string
			Data         any
		}
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("encoding/json refuses %q: %v", line, err)
		}
		if got.DataEncoding == "json" {
			file, want = append(file, line...), append(want, got.Data)
		}
	}
	if n := len(want); n < len(payloads)/10 || n == len(payloads) {
		t.Fatalf("%d of %d payloads are embedded: the cases do not cover both", n, len(payloads))
	}
	for name, command := range map[string]*exec.Cmd{
		"jq":     exec.Command("jq", "-c", ".data"),
		"Python": exec.Command("python3", "-c", "import sys, json\nfor line in sys.stdin.buffer: print(json.dumps(json.loads(line)['data']))"),
	} {
		command.Stdin = bytes.NewReader(file)
		var problems strings.Builder
		command.Stderr = &problems
		out, err := command.Output()
		lines := bytes.Split(bytes.TrimSuffix(out, []byte("\n")), []byte("\n"))
		if err != nil || len(lines) != len(want) {
			at := bytes.Split(file, []byte("\n"))[min(len(lines), len(want)-1)]
			t.Errorf("%s reads %d of %d lines: %v %s\nabout here: %.300q", name, len(lines), len(want), err, problems.String(), at)
			continue
		}
		for i, line := range lines {
			var got any
			if err := json.Unmarshal(line, &got); err != nil || !reflect.DeepEqual(got, want[i]) {
				t.Errorf("%s reads %.300q, %v, want %.300v", name, line, err, want[i])
			}
		}
	}
}

// Embedded payloads have the same meaning for encoding/json with and without the line
// around them. Other payloads that are plain enough are not rejected.
func FuzzEmbeddable(f *testing.F) {
	for _, tt := range strictCases {
		f.Add([]byte(tt.payload))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got := embeddable(b)
		var value any
		reads := utf8.Valid(b) && json.Unmarshal(b, &value) == nil
		again, err := json.Marshal(value)
		// encoding/json replaces half of a pair by U+FFFD.
		replaced := err == nil && bytes.Contains(again, []byte("\ufffd")) && !bytes.Contains(b, []byte("\ufffd"))
		switch {
		case got && !reads:
			t.Errorf("embedded, and encoding/json refuses it: %q", b)
		case got && replaced && !bytes.Contains(bytes.ToLower(b), []byte(`\ufffd`)):
			t.Errorf("embedded, and encoding/json reads it as %s: %q", again, b)
		case !got && reads && bytes.Count(b, []byte("[")) < 100 && bytes.Count(b, []byte("{")) < 50 && !bytes.Contains(bytes.ToLower(b), []byte(`\ud`)):
			t.Errorf("not embedded: %q", b)
		}
	})
}
