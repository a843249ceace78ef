package format

import (
	"bytes"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

func TestDelimited(t *testing.T) {
	for _, tt := range []struct {
		name, input, delimiter string
		want                   []string
	}{
		{"nothing", "", "\x00", nil},
		{"NUL", "a\x00b\n\x00\x00c", "\x00", []string{"a", "b\n", "", "c"}},
		{"ends with one", "a\x00b\x00", "\x00", []string{"a", "b"}},
		{"several bytes", "a\n--\nb-\n--c\n--\n", "\n--\n", []string{"a", "b-\n--c"}},
		{"delimiter overlaps its own start", "aab", "ab", []string{"a"}},
		{"half a delimiter at the end", "a--b-", "--", []string{"a", "b-"}},
		{"too long", "12345678901--a--", "--", []string{"!record too long: more than 10 bytes", "a"}},
		{"just not too long", "1234567890--1234567890-", "--", []string{"1234567890", "!record too long: more than 10 bytes"}},
		{"as long as allowed", "1234567890--1234567890", "--", []string{"1234567890", "1234567890"}},
	} {
		for name, r := range map[string]io.Reader{
			"whole": strings.NewReader(tt.input),
			"bytes": iotest.OneByteReader(strings.NewReader(tt.input)),
		} {
			if got := all(NewDelimited(r, []byte(tt.delimiter), 10)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%s, %s: got %q, want %q", tt.name, name, got, tt.want)
			}
		}
	}
}

func TestWhole(t *testing.T) {
	long := strings.Repeat("x", 3*chunkSize)
	for _, tt := range []struct {
		name, input string
		max         int
		want        []string
	}{
		{"nothing", "", 10, []string{""}},
		{"lines", "a\nb\n", 10, []string{"a\nb\n"}},
		{"as long as allowed", "1234567890", 10, []string{"1234567890"}},
		{"too long", "12345678901", 10, []string{"!record too long: more than 10 bytes"}},
		{"over chunks", long, len(long), []string{long}},
		{"much too long", long, 10, []string{"!record too long: more than 10 bytes"}},
	} {
		for name, r := range map[string]io.Reader{
			"whole":    strings.NewReader(tt.input),
			"halves":   iotest.HalfReader(strings.NewReader(tt.input)),
			"with EOF": iotest.DataErrReader(strings.NewReader(tt.input)),
		} {
			if got := all(NewWhole(r, tt.max)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%s, %s: got %.60q, want %.60q", tt.name, name, got, tt.want)
			}
		}
	}
	if got := all(NewWhole(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("ab"))), 10)); !reflect.DeepEqual(got, []string{"!timeout"}) {
		t.Errorf("got %q, want the source's error and nothing of it", got)
	}
}

// Delimited splits its input at the delimiters. The sources are the whole input.
func FuzzDelimitedInput(f *testing.F) {
	f.Add([]byte("a\x00b\x00\x00c"), []byte("\x00"), uint8(3))
	f.Add([]byte("a\n--\nb-\n--c"), []byte("\n--\n"), uint8(1))
	f.Add([]byte("aaab"), []byte("aab"), uint8(2))
	f.Fuzz(func(t *testing.T, input, delimiter []byte, step uint8) {
		if len(delimiter) == 0 {
			return
		}
		in := NewDelimited(&stepReader{input, int(step)}, delimiter, len(input))
		want := bytes.Split(input, delimiter)
		if n := len(want); len(want[n-1]) == 0 {
			want = want[:n-1]
		}
		var sources []byte
		for _, w := range want {
			r, err := in.Next()
			if err != nil || !bytes.Equal(r.Data, w) {
				t.Fatalf("got %q, %v, want %q", r.Data, err, w)
			}
			sources = append(sources, in.Source()...)
		}
		if _, err := in.Next(); err != io.EOF {
			t.Fatalf("got %v, want the end", err)
		}
		if !bytes.Equal(sources, input) {
			t.Fatalf("sources %q, want %q", sources, input)
		}
	})
}

// stepReader returns up to step bytes per read; 0 means no limit.
type stepReader struct {
	left []byte
	step int
}

func (r *stepReader) Read(p []byte) (int, error) {
	if len(r.left) == 0 {
		return 0, io.EOF
	}
	n := len(p)
	if r.step > 0 {
		n = min(n, r.step)
	}
	n = copy(p[:n], r.left)
	r.left = r.left[n:]
	return n, nil
}
