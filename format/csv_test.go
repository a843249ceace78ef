package format

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

func TestCSV(t *testing.T) {
	long := strings.Repeat("x", 60)
	for _, tt := range []struct {
		name, input string
		want        []string
	}{
		{"nothing", "", nil},
		{"only a header", "id,name\n", nil},
		{"rows", "id,name\n1,Ada\n2,Grace", []string{`{"id":"1","name":"Ada"}`, `{"id":"2","name":"Grace"}`}},
		{"CRLF, empty lines, byte order mark", "\xef\xbb\xbfid,name\r\n\r\n1,Ada\r\n\n2,\r\n", []string{`{"id":"1","name":"Ada"}`, `{"id":"2","name":""}`}},
		{"quotes", "\"i\"\"d\",name\n\"1,\"\"2\",\"\"\n", []string{`{"i\"d":"1,\"2","name":""}`}},
		{"line breaks in quotes", "id,name\n\"a\nb\",\"c\r\nd\r\n\"\r\n1,2\n", []string{`{"id":"a\nb","name":"c\r\nd\r\n"}`, `{"id":"1","name":"2"}`}},
		{"spaces are kept", " id , name\n 1 ,\t2\n", []string{`{" id ":" 1 "," name":"\t2"}`}},
		{"a carriage return inside", "id,name\n1\r2,3\n", []string{`{"id":"1\r2","name":"3"}`}},
		{"one column", "id\n1\n\"\"\n2\n", []string{`{"id":"1"}`, `{"id":""}`, `{"id":"2"}`}},
		{"too few and too many", "id,name\n1\n1,2,3\n4,5\n", []string{"!line 2: 1 field, where the header has 2", "!line 3: 3 fields, where the header has 2", `{"id":"4","name":"5"}`}},
		{"a quote inside", "id,name\na\"b,c\n\"a\"b,c\n1,2\n", []string{
			"!line 2: a quote in the middle of a field (want the field in quotes, and its quotes doubled)",
			"!line 3: a quote in the middle of a field (want the field in quotes, and its quotes doubled)", `{"id":"1","name":"2"}`}},
		{"broken UTF-8", "id,name\n\xff,a\n1,2\n", []string{"!line 2: not valid UTF-8", `{"id":"1","name":"2"}`}},
		{"too long", "id,name\n" + long + ",\n1,2\n", []string{"!line 2: line too long: more than 50 bytes", `{"id":"1","name":"2"}`}},
		{"not closed", "id,name\n1,2\n3,\"4\n5,6\n", []string{`{"id":"1","name":"2"}`, "!line 3: a quote that is not closed"}},
		{"not closed for long", "id,name\n3,\"4\n" + strings.Repeat("1,2\n", 20), []string{"!line 2: a quote that is not closed, or a row too long: more than 50 bytes"}},
		{"a name twice", "id,name,id\n1,2,3\n", []string{`!line 1: header: the name "id" occurs twice`}},
		{"a bad header", "id,na\"me\n1,2\n", []string{"!line 1: header: a quote in the middle of a field (want the field in quotes, and its quotes doubled)"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for name, r := range map[string]io.Reader{
				"whole":    strings.NewReader(tt.input),
				"bytes":    iotest.OneByteReader(strings.NewReader(tt.input)),
				"with EOF": iotest.DataErrReader(strings.NewReader(tt.input)),
			} {
				if got := all(NewCSV(r, 50)); !reflect.DeepEqual(got, tt.want) {
					t.Errorf("%s: got %q, want %q", name, got, tt.want)
				}
			}
		})
	}
}

// What encoding/csv writes comes back as JSON objects with the same values.
func FuzzCSVRows(f *testing.F) {
	f.Add("a", "b,\"c\n", "", "d\r\n\"", uint8(1))
	f.Add("é", "\r", " ", "x", uint8(0))
	f.Fuzz(func(t *testing.T, a, b, c, d string, step uint8) {
		for _, s := range []string{a, b, c, d} {
			// encoding/csv writes CRLF for a line feed of its own accord only
			// with UseCRLF, so all values but broken UTF-8 come back.
			if !utf8.ValidString(s) {
				return
			}
		}
		var input bytes.Buffer
		w := csv.NewWriter(&input)
		rows := [][]string{{a, b}, {c, d}, {"", a}}
		if err := errors.Join(w.Write([]string{"first", "second"}), w.WriteAll(rows)); err != nil {
			t.Fatal(err)
		}
		in := NewCSV(&stepReader{input.Bytes(), int(step)}, input.Len())
		for _, row := range rows {
			r, err := in.Next()
			if err != nil {
				t.Fatalf("%v in %q", err, input.String())
			}
			var got struct{ First, Second string }
			if err := json.Unmarshal(r.Data, &got); err != nil {
				t.Fatalf("%v in %q", err, r.Data)
			}
			if got.First != row[0] || got.Second != row[1] {
				t.Fatalf("got %q, want %q from %q", got, row, input.String())
			}
		}
		if _, err := in.Next(); err != io.EOF {
			t.Fatalf("got %v, want the end", err)
		}
	})
}

// Garbage never panics; what is accepted is a JSON object with the header's
// names, and the sources are the input.
func FuzzCSVInput(f *testing.F) {
	for _, s := range []string{"id,name\n1,2\n", "a\n\"b\nc\"\n", "\"", "a,b\n1\n\"x\"y\n", "\xef\xbb\xbfa\r\n\r\n", "a,a\n"} {
		f.Add([]byte(s), uint8(1))
	}
	f.Fuzz(func(t *testing.T, input []byte, step uint8) {
		in := NewCSV(&stepReader{input, int(step)}, len(input)+1)
		first := 0
		for {
			r, err := in.Next()
			var bad *LineError
			if err != nil && !errors.As(err, &bad) {
				return
			}
			if err != nil {
				continue
			}
			var got map[string]string
			if err := json.Unmarshal(r.Data, &got); err != nil {
				t.Fatalf("%v in %q", err, r.Data)
			}
			if first == 0 {
				first = len(got)
			}
			if len(got) != first {
				t.Fatalf("%d members, and %d before: %q", len(got), first, r.Data)
			}
			want, err := csv.NewReader(bytes.NewReader(in.Source())).Read()
			if err != nil || len(want) != len(got) {
				t.Fatalf("encoding/csv has %q, %v of %q", want, err, in.Source())
			}
		}
	})
}
