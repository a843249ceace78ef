package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

func TestValues(t *testing.T) {
	long := `"` + strings.Repeat("x", 3*chunkSize) + `"`
	deep := strings.Repeat("[", maxJSONDepth) + strings.Repeat("]", maxJSONDepth)
	for _, tt := range []struct {
		name, input string
		max         int
		want        []string
	}{
		{"nothing", " \n\t", 10, nil},
		{"lines", "{}\n[]\n", 10, []string{"{}", "[]"}},
		{"its own bytes", "\n{\n  \"a\" : [ 1,\r\n 2 ]\n}\n {\"b\":\"\\u0041\"}", 100, []string{"{\n  \"a\" : [ 1,\r\n 2 ]\n}", `{"b":"\u0041"}`}},
		{"one behind the other", `{}{"a":1}[]"b""c"[]`, 100, []string{`{}`, `{"a":1}`, `[]`, `"b"`, `"c"`, `[]`}},
		{"scalars", "1 -0.5e+10\ntrue false null\"a\"0", 100, []string{"1", "-0.5e+10", "true", "false", `null`, `"a"`, "0"}},
		{"numbers before values", `1{}2[]3"a"`, 10, []string{"1", "{}", "2", "[]", "3", `"a"`}},
		{"brackets in strings", `{"}]":"{\"["}[]`, 100, []string{`{"}]":"{\"["}`, `[]`}},
		{"byte order mark", "\xef\xbb\xbf{}", 10, []string{"{}"}},
		{"as long as allowed", `"12345678" [2345678]`, 10, []string{`"12345678"`, `[2345678]`}},
		{"too long", "1\n\"1234567890\"\n\n2", 10, []string{"1", "!line 2: value too long: more than 10 bytes", "2"}},
		{"much too long", "1\n" + long + "2", 10, []string{"1", "!line 2: value too long: more than 10 bytes", "2"}},
		{"too long and broken", long[1:] + "]", 10, []string{"!line 1: not JSON: unexpected 'x'"}},
		{"too long, and cut off", "1 " + long[:chunkSize], 10, []string{"1", "!line 1: value too long: more than 10 bytes", "!line 1: the last value is truncated"}},
		{"over chunks", long + long, len(long), []string{long, long}},
		{"deep", deep, len(deep), []string{deep}},
		{"too deep", "[" + deep + "]", 2 * len(deep), []string{"!line 1: not JSON: nested deeper than 9999"}},
		{"broken UTF-8", "{\"a\":\"\xff\"}\n1", 100, []string{"!line 1: not valid UTF-8", "1"}},
		{"cut off", "{}\n{\"a\":\n1", 100, []string{"{}", "!line 3: the last value is truncated"}},
		{"cut off in a word", "tru", 100, []string{"!line 1: the last value is truncated"}},
		{"cut off in a number", "1e", 100, []string{"!line 1: the last value is truncated"}},
		{"a comma between", "{},{}", 100, []string{"{}", "!line 1: not JSON: unexpected ','"}},
		{"text", "{}\nhello", 100, []string{"{}", "!line 2: not JSON: unexpected 'h'"}},
		{"words in one", "truefalse", 100, []string{"true", "!line 1: not JSON: unexpected 'f'"}},
		{"a word behind a number", "1true", 100, []string{"1", "!line 1: not JSON: unexpected 't'"}},
		{"a leading zero", "01", 100, []string{"0", "!line 1: not JSON: unexpected '1'"}},
		{"wrong bracket", "[1}", 100, []string{"!line 1: not JSON: unexpected '}'"}},
		{"line break in a string", "{\"a\":\"\n\"}", 100, []string{"!line 1: not JSON: a control character in a string"}},
		{"byte", "\x80", 100, []string{"!line 1: not JSON: unexpected byte 0x80"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for name, r := range map[string]io.Reader{
				"whole":    strings.NewReader(tt.input),
				"bytes":    iotest.OneByteReader(strings.NewReader(tt.input)),
				"with EOF": iotest.DataErrReader(strings.NewReader(tt.input)),
			} {
				in := NewValues(r, tt.max)
				if got := all(in); !reflect.DeepEqual(got, tt.want) {
					t.Errorf("%s: got %.200q, want %.200q", name, got, tt.want)
				}
				n := len(tt.want)
				if _, err := in.Next(); n > 0 && strings.HasPrefix(tt.want[n-1], "!line") && "!"+err.Error() != tt.want[n-1] {
					t.Errorf("%s: then %v, want the same error again", name, err)
				}
			}
		})
	}
}

func TestValuesComeAsSoonAsTheyAreRead(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	in := NewValues(r, 100)
	go io.WriteString(w, "{\"a\":\n1}")
	if got, err := in.Next(); err != nil || string(got.Data) != "{\"a\":\n1}" {
		t.Errorf("got %q, %v, want the object", got.Data, err)
	}
}

// What encoding/json finds in an input, Values finds too, with its own bytes,
// however the input is cut into reads; what it refuses, Values refuses.
func FuzzValuesInput(f *testing.F) {
	for _, s := range []string{
		"{\"a\": [1, \"\\u00e9\"]}\n[]", "1 2.5e-3 true", `"a""b"`, "{", "[1}", "\"\x01\"", "1true", "0123", "-", "{}garbage", "\xef\xbb\xbf[]", "[1,]", `{"a":}`, `{,}`, "\xff",
		`"\ud800"`, "nul", "nullnull", "[[[[]]]]", "1e+", `{"a":1,"a":2}`,
	} {
		f.Add([]byte(s), uint8(1))
		f.Add([]byte(s), uint8(0))
	}
	f.Fuzz(func(t *testing.T, input []byte, step uint8) {
		in := NewValues(&stepReader{input, int(step)}, len(input))
		d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(input, []byte(byteOrderMark))))
		for n := 1; ; n++ {
			r, err := in.Next()
			var want json.RawMessage
			wantErr := d.Decode(&want)
			var bad *LineError
			var broken *BrokenError
			switch {
			case errors.As(err, &bad):
				if wantErr != nil {
					t.Fatalf("value %d: %v, where encoding/json has %v", n, err, wantErr)
				}
			case errors.As(err, &broken):
				if wantErr != nil {
					return
				}
				// encoding/json lets 1true pass, and nests deeper by one.
				rest := append(bytes.Clone(want), ' ')
				if c := want[0]; c == '{' || c == '[' || c == '"' {
					t.Fatalf("value %d refused: %v: %q", n, err, rest)
				}
				return
			case err == io.EOF:
				if wantErr != io.EOF {
					t.Fatalf("the end before value %d: encoding/json has %q, %v", n, want, wantErr)
				}
				return
			case err != nil:
				t.Fatal(err)
			default:
				if wantErr != nil || !bytes.Equal(r.Data, want) {
					t.Fatalf("value %d: got %q, want %q, %v", n, r.Data, want, wantErr)
				}
				if !validJSON(r.Data) {
					t.Fatalf("value %d is not JSON: %q", n, r.Data)
				}
			}
		}
	})
}

func BenchmarkValues(b *testing.B) {
	const values = 10_000
	input := bytes.Repeat(append(bytes.Clone(shopEvent), '\n'), values)
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	for b.Loop() {
		in := NewValues(bytes.NewReader(input), 1<<20)
		for n := 0; ; n++ {
			if _, err := in.Next(); err == io.EOF {
				if n != values {
					b.Fatal(n)
				}
				break
			}
		}
	}
}
