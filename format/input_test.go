package format

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"kin/internal/record"
)

// all reads in completely. It returns payloads and errors in order, the errors as "!text".
// It reads the payloads only at the end, like a caller that keeps them.
func all(in Input) []string {
	var records []record.Record
	var got []string
	for final := false; !final; {
		r, err := in.Next()
		if err == io.EOF {
			break
		}
		records = append(records, r)
		var bad *LineError
		switch {
		case errors.As(err, &bad):
			got = append(got, "!"+err.Error())
		case err != nil:
			got, final = append(got, "!"+err.Error()), true
		default:
			got = append(got, "")
		}
	}
	for i, r := range records {
		if got[i] == "" {
			got[i] = string(r.Data)
		}
	}
	return got
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", 3*chunkSize)
	for _, tt := range []struct {
		name  string
		input string
		max   int
		want  []string
	}{
		{"nothing", "", 10, nil},
		{"one without newline", "a", 10, []string{"a"}},
		{"last without newline", "a\nb", 10, []string{"a", "b"}},
		{"empty lines", "\n\na\n\n", 10, []string{"", "", "a", ""}},
		{"CRLF kept", "a\r\n\r\nb\r", 10, []string{"a\r", "\r", "b\r"}},
		{"any bytes", "\x00\xff\n\xef\xbb\xbf", 10, []string{"\x00\xff", "\xef\xbb\xbf"}},
		{"as long as allowed", "1234567890\n1234567890", 10, []string{"1234567890", "1234567890"}},
		{"too long in the middle", "a\n12345678901\nb\n", 10, []string{"a", "!line 2: line too long: more than 10 bytes", "b"}},
		{"too long at the end", "a\n12345678901", 10, []string{"a", "!line 2: line too long: more than 10 bytes"}},
		{"longer than a chunk", long + "\n" + long, len(long), []string{long, long}},
		{"too long over chunks", long + "\nb\n" + long, len(long) - 1,
			[]string{"!line 1: line too long: more than 786431 bytes", "b", "!line 3: line too long: more than 786431 bytes"}},
		{"much too long", long + "\nb\nc", 1, []string{"!line 1: line too long: more than 1 bytes", "b", "c"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for name, r := range map[string]io.Reader{
				"whole":    strings.NewReader(tt.input),
				"halves":   iotest.HalfReader(strings.NewReader(tt.input)),
				"with EOF": iotest.DataErrReader(strings.NewReader(tt.input)),
			} {
				if got := all(NewLines(r, tt.max, false)); !reflect.DeepEqual(got, tt.want) {
					t.Errorf("%s: got %.200q, want %.200q", name, got, tt.want)
				}
			}
		})
	}
}

func TestLinesRemoveCarriageReturns(t *testing.T) {
	in := NewLines(strings.NewReader("a\r\n\r\nb\rc\n\r\r\nd\r"), 10, true)
	want := []string{"a", "", "b\rc", "\r", "d"}
	if got := all(in); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The sources of all results together are the whole input.
func TestSourcesTogetherAreTheInput(t *testing.T) {
	long := strings.Repeat("x", 3*chunkSize)
	for _, tt := range []struct {
		name, input string
		open        func(io.Reader) Input
	}{
		{"lines", "a\r\n\n" + long + "\nb\n" + long, func(r io.Reader) Input { return NewLines(r, 100, true) }},
		{"records", `{"partitionKey":"k","data":"a\n"}` + "\n" + long + "\r\nx\n", func(r io.Reader) Input { return NewRecords(r, 100) }},
		{"delimited", "a--b--" + long + "--c-" + "--" + long + "-", func(r io.Reader) Input { return NewDelimited(r, []byte("--"), 100) }},
		{"whole", "a\nb", func(r io.Reader) Input { return NewWhole(r, 3) }},
		{"too long a whole", long, func(r io.Reader) Input { return NewWhole(r, len(long)-1) }},
		{"values", `{"a":1}[2]"` + long + `"3`, func(r io.Reader) Input { return NewValues(r, 100) }},
		{"rows", "h,i\r\n1,2\n\"3\n\",4\r\n" + long + "\n5,6", func(r io.Reader) Input { return NewCSV(r, 100) }},
	} {
		for _, half := range []bool{false, true} {
			var r io.Reader = strings.NewReader(tt.input)
			if half {
				r = iotest.HalfReader(r)
			}
			var got bytes.Buffer
			in := tt.open(r)
			for first := true; ; first = false {
				_, err := in.Next()
				if csv, ok := in.(*CSV); ok && first {
					got.Write(csv.Header())
				}
				if err == io.EOF {
					break
				}
				if source := in.Source(); source != nil && len(source) > 2*chunkSize && tt.name != "whole" && half {
					t.Errorf("%s: %d bytes were kept", tt.name, len(source))
				}
				if err := in.WriteSource(&got); err != nil {
					t.Fatal(err)
				}
				var bad *LineError
				if err != nil && !errors.As(err, &bad) {
					t.Fatalf("%s: %v", tt.name, err)
				}
			}
			if got.String() != tt.input {
				t.Errorf("%s: sources of %d bytes: %.60q..., want %d bytes: %.60q...", tt.name, got.Len(), got.String(), len(tt.input), tt.input)
			}
		}
	}
}

func TestLinesStayValidAcrossChunks(t *testing.T) {
	var input bytes.Buffer
	var want []string
	for i := range 40_000 {
		line := strings.Repeat(string(rune('a'+i%26)), i%97)
		want = append(want, line)
		input.WriteString(line + "\n")
	}
	if got := all(NewLines(iotest.HalfReader(&input), 100, false)); !reflect.DeepEqual(got, want) {
		t.Error("lines changed after they were returned")
	}
}

func TestLinesReturnTheErrorOfTheSource(t *testing.T) {
	broken := errors.New("disk on fire")
	in := NewLines(io.MultiReader(strings.NewReader("a\nhalf a li"), iotest.ErrReader(broken)), 100, false)
	if r, err := in.Next(); err != nil || string(r.Data) != "a" {
		t.Fatalf("got %q, %v, want a", r.Data, err)
	}
	for range 2 {
		if r, err := in.Next(); err != broken || r.Data != nil {
			t.Errorf("got %q, %v, want the source's error and no torn line", r.Data, err)
		}
	}
}

func TestLinesAreReturnedAsSoonAsTheyAreRead(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	in := NewLines(r, 100, false)
	go io.WriteString(w, "first\nsec")
	if got, err := in.Next(); err != nil || string(got.Data) != "first" {
		t.Errorf("got %q, %v, want first", got.Data, err)
	}
}

func TestLinesFailIfTheSourceReturnsNothing(t *testing.T) {
	if _, err := NewLines(silent{}, 100, false).Next(); err != io.ErrNoProgress {
		t.Errorf("got %v, want %v", err, io.ErrNoProgress)
	}
}

type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

func BenchmarkLines(b *testing.B) {
	const lines = 10_000
	input := bytes.Repeat(append(bytes.Clone(shopEvent), '\n'), lines)
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	for b.Loop() {
		in := NewLines(bytes.NewReader(input), 1<<20, false)
		for n := 0; ; n++ {
			if _, err := in.Next(); err == io.EOF {
				if n != lines {
					b.Fatal(n)
				}
				break
			}
		}
	}
}

// Lines are the input split at newlines, and their sources are the whole input. chomp
// removes at most one carriage return from the end of each.
func FuzzLinesInput(f *testing.F) {
	f.Add([]byte("a\r\n\nb\r\r\n\xff"), uint8(1), false)
	f.Add([]byte("\n\r\n"), uint8(0), true)
	f.Fuzz(func(t *testing.T, input []byte, step uint8, chomp bool) {
		in := NewLines(&stepReader{input, int(step)}, len(input), chomp)
		want := bytes.Split(input, []byte("\n"))
		if n := len(want); len(want[n-1]) == 0 {
			want = want[:n-1]
		}
		var sources []byte
		for _, w := range want {
			if chomp {
				w = bytes.TrimSuffix(w, []byte("\r"))
			}
			r, err := in.Next()
			if err != nil || !bytes.Equal(r.Data, w) {
				t.Fatalf("got %q, %v, want %q", r.Data, err, w)
			}
			sources = append(sources, in.Source()...)
		}
		if _, err := in.Next(); err != io.EOF || !bytes.Equal(sources, input) {
			t.Fatalf("got %v, sources %q, want the end and %q", err, sources, input)
		}
	})
}
