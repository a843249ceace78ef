package format

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"kin/internal/record"
)

func TestRecordsInput(t *testing.T) {
	for _, tt := range []struct {
		name string
		line string
		want record.Record
		err  string
	}{
		{"as read prints it", front + `"dataEncoding":"json","data":{"a": 1}}`,
			record.Record{PartitionKey: "k", ApproximateArrivalTimestamp: time.Date(2026, 11, 22, 10, 0, 0, 123e6, time.UTC), Data: []byte(`{"a": 1}`)}, ""},
		{"invalid time", `{"partitionKey":"k","approximateArrivalTimestamp":17,"data":"a"}`, record.Record{PartitionKey: "k", Data: []byte("a")}, ""},
		{"explicit hash key", `{"partitionKey":"k","explicitHashKey":"12","dataEncoding":"text","data":"a"}`,
			record.Record{PartitionKey: "k", ExplicitHashKey: "12", Data: []byte("a")}, ""},
		{"base64", `{"partitionKey":"k","dataEncoding":"base64","data":"AP8="}`, record.Record{PartitionKey: "k", Data: []byte("\x00\xff")}, ""},
		{"base64 with escapes", `{"partitionKey":"k","dataEncoding":"base64","data":"\/\u002b8="}`, record.Record{PartitionKey: "k", Data: []byte("\xff\xef")}, ""},
		{"escapes", `{"partitionKey":"\ud83d\ude00","dataEncoding":"text","data":"\"\\\/\b\f\n\r\t\u00e9\u0000\ufffdx"}`,
			record.Record{PartitionKey: "😀", Data: []byte("\"\\/\b\f\n\r\té\x00\ufffdx")}, ""},
		{"half a pair in the key", `{"partitionKey":"\ud83d","data":"a"}`, record.Record{}, "partitionKey: an unpaired surrogate is not a character"},
		{"half a pair in a text", `{"partitionKey":"k","data":"a\udc00\ud83d\ude00"}`, record.Record{}, "data: an unpaired surrogate is not a character"},
		{"half a pair in a name", `{"\ud83d":1,"partitionKey":"k","data":"a"}`, record.Record{PartitionKey: "k", Data: []byte("a")}, ""},
		{"other order, spaces, other members", ` { "data" : [ 1 ] , "x" : {"data":2} , "partitionKey" : "k" , "dataEncoding" : "json" } ` + "\r",
			record.Record{PartitionKey: "k", Data: []byte("[ 1 ]")}, ""},
		{"escaped names", `{"\u0070artitionKey":"k","dat\u0061":"a"}`, record.Record{PartitionKey: "k", Data: []byte("a")}, ""},
		{"empty payload", `{"partitionKey":"k","dataEncoding":"text","data":""}`, record.Record{PartitionKey: "k", Data: []byte{}}, ""},
		{"scalar", `{"partitionKey":"k","dataEncoding":"json","data":null}`, record.Record{PartitionKey: "k", Data: []byte("null")}, ""},
		{"no encoding, string", `{"partitionKey":"k","data":"AP8="}`, record.Record{PartitionKey: "k", Data: []byte("AP8=")}, ""},
		{"no encoding, object", `{"partitionKey":"k","data":{"a":1}}`, record.Record{PartitionKey: "k", Data: []byte(`{"a":1}`)}, ""},
		{"no encoding, null", `{"partitionKey":"k","data":null}`, record.Record{}, "data is null, but dataEncoding is not json"},
		{"string embedded", `{"partitionKey":"k","dataEncoding":"json","data":"\u0041"}`, record.Record{PartitionKey: "k", Data: []byte(`"\u0041"`)}, ""},
		{"empty line", "", record.Record{}, "empty, want a JSON object"},
		{"plain text", "hello", record.Record{}, "not a JSON object"},
		{"array", "[]", record.Record{}, "not a JSON object"},
		{"truncated", `{"partitionKey":"k","da`, record.Record{}, "not a JSON object"},
		{"two objects", `{"partitionKey":"k","data":"a"}{}`, record.Record{}, "not a JSON object"},
		{"broken UTF-8", "{\"partitionKey\":\"\xff\",\"data\":\"a\"}", record.Record{}, "not valid UTF-8"},
		{"no key", `{"data":"a"}`, record.Record{}, "no partitionKey"},
		{"no data", `{"partitionKey":"k"}`, record.Record{}, "no data"},
		{"key not a string", `{"partitionKey":1,"data":"a"}`, record.Record{}, "partitionKey is not a string"},
		{"hash key not a string", `{"partitionKey":"k","explicitHashKey":1,"data":"a"}`, record.Record{}, "explicitHashKey is not a string"},
		{"encoding not a string", `{"partitionKey":"k","dataEncoding":1,"data":"a"}`, record.Record{}, "dataEncoding is not a string"},
		{"unknown encoding", `{"partitionKey":"k","dataEncoding":"hex","data":"a"}`, record.Record{}, `dataEncoding "hex": want json, text or base64`},
		{"auto is no encoding", `{"partitionKey":"k","dataEncoding":"auto","data":"a"}`, record.Record{}, `dataEncoding "auto": want json, text or base64`},
		{"text not a string", `{"partitionKey":"k","dataEncoding":"text","data":1}`, record.Record{}, "data is not a string, but dataEncoding is text"},
		{"bad base64", `{"partitionKey":"k","dataEncoding":"base64","data":"A"}`, record.Record{}, "data is not base64: illegal base64 data at input byte 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := NewRecords(strings.NewReader(`{"partitionKey":"first","data":""}`+"\n"+tt.line+"\n"), 1<<20)
			if _, err := in.Next(); err != nil {
				t.Fatal(err)
			}
			got, err := in.Next()
			if tt.err != "" {
				if err == nil || err.Error() != "line 2: "+tt.err {
					t.Errorf("got %v, want line 2: %s", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if _, err := in.Next(); err != io.EOF {
				t.Errorf("got %v, want the end", err)
			}
		})
	}
}

func TestRecordsContinueAfterABadLine(t *testing.T) {
	in := NewRecords(strings.NewReader("{}\n"+strings.Repeat("x", 200)+"\n{\"partitionKey\":\"k\",\"data\":\"a\"}"), 100)
	want := []string{"!line 1: no partitionKey", "!line 2: line too long: more than 100 bytes", "a"}
	if got := all(in); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestBase64OfEveryLength(t *testing.T) {
	for n := range 300 {
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(rand.Uint32())
		}
		line := `{"partitionKey":"k","dataEncoding":"base64","data":"` + base64.StdEncoding.EncodeToString(data) + `"}`
		got, err := new(arena).parseRecord([]byte(line))
		if err != nil || !bytes.Equal(got.Data, data) {
			t.Fatalf("%d bytes: got %x, %v, want %x", n, got.Data, err, data)
		}
	}
}

// JSON prints one line of valid JSON, and Records restores key and payload from it.
func FuzzJSONLine(f *testing.F) {
	for _, data := range []string{"", "a", `{"a": [1, "\u2028"]}`, "[\n1\n]", " {} ", "\xff\x00", "\u2028\u2029\u0085\x7f", "\"\\\x1b[0m", `{"a":1}x`, "é\xed\xa0\x80", `"1"`, "1e5"} {
		for mode := range uint8(4) {
			f.Add("key é\x00\"", "12", []byte(data), mode, int64(3))
		}
	}
	f.Fuzz(func(t *testing.T, key, hashKey string, data []byte, mode uint8, sub int64) {
		r := plain(string(data))
		r.PartitionKey, r.ExplicitHashKey, r.SubSequenceNumber = key, hashKey, sub
		r.Aggregated = sub%2 == 0
		line, err := JSON{Data: DataMode(mode % 4)}.Append(nil, r)
		if err != nil {
			if len(line) != 0 || DataMode(mode%4) == DataAuto || DataMode(mode%4) == DataBase64 {
				t.Fatalf("%q with error %v", line, err)
			}
			return
		}
		if bytes.IndexByte(line, '\n') != len(line)-1 || bytes.IndexByte(line, '\r') >= 0 {
			t.Fatalf("not one line: %q", line)
		}
		if !utf8.Valid(line) {
			t.Fatalf("not valid UTF-8: %q", line)
		}
		var members struct {
			SequenceNumber string
			DataEncoding   string
			Data           json.RawMessage
		}
		if err := json.Unmarshal(line, &members); err != nil || members.SequenceNumber != r.SequenceNumber {
			t.Fatalf("%v in %q", err, line)
		}

		got, err := NewRecords(bytes.NewReader(line), len(line)).Next()
		if err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		want := record.Record{PartitionKey: toUTF8(key), Data: data}
		if r.Aggregated {
			want.ExplicitHashKey = toUTF8(hashKey)
		}
		if members.DataEncoding == "json" {
			want.Data = trimSpace(data)
			if bytes.ContainsAny(want.Data, "\r\n") {
				var compact bytes.Buffer
				if err := json.Compact(&compact, data); err != nil {
					t.Fatal(err)
				}
				want.Data = compact.Bytes()
			}
		}
		if !got.ApproximateArrivalTimestamp.Equal(r.ApproximateArrivalTimestamp.Truncate(time.Millisecond)) {
			t.Errorf("arrival %v, want %v", got.ApproximateArrivalTimestamp, r.ApproximateArrivalTimestamp)
		}
		if got.PartitionKey != want.PartitionKey || got.ExplicitHashKey != want.ExplicitHashKey || !bytes.Equal(got.Data, want.Data) {
			t.Errorf("got %+v, want %+v\nfrom %s", got, want, line)
		}
	})
}

// toUTF8 replaces each byte that is not UTF-8 by U+FFFD.
func toUTF8(s string) string { return string([]rune(s)) }

// Garbage never panics. An accepted line means the same to encoding/json.
func FuzzRecordsInput(f *testing.F) {
	for _, s := range []string{
		`{"partitionKey":"k","explicitHashKey":"1","dataEncoding":"text","data":"\ud83d\ude00\ud800\n"}`,
		`{"partitionKey":"k","dataEncoding":"base64","data":"AP8="}` + "\n" + `{"partitionKey":"k","data":{"a":[1,2]}}`,
		"\n\n", "{", `{"`, `{"a":"\`, `{"data":"\u12`, "\xff", `{"partitionKey":"\\u0041","data":"\\"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		in := NewRecords(bytes.NewReader(input), 1<<20)
		lines := bytes.Split(input, []byte("\n"))
		var sources []byte
		for n := 0; ; n++ {
			r, err := in.Next()
			sources = append(sources, in.Source()...)
			if err == io.EOF {
				if !bytes.Equal(sources, input) {
					t.Fatalf("sources %q, want %q", sources, input)
				}
				break
			}
			var bad *LineError
			if errors.As(err, &bad) {
				if bad.Line != int64(n+1) {
					t.Fatalf("line %d calls itself %d", n+1, bad.Line)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			var want map[string]any
			if err := json.Unmarshal(lines[n], &want); err != nil {
				t.Fatalf("accepted %q: %v", lines[n], err)
			}
			if want["partitionKey"] != r.PartitionKey {
				t.Fatalf("partition key %q, want %q", r.PartitionKey, want["partitionKey"])
			}
			if s, ok := want["data"].(string); ok && (want["dataEncoding"] == "text" || want["dataEncoding"] == nil) && s != string(r.Data) {
				t.Fatalf("payload %q, want %q", r.Data, s)
			}
		}
	})
}

func BenchmarkRecords(b *testing.B) {
	for _, mode := range []DataMode{DataJSON, DataText, DataBase64} {
		b.Run(mode.String(), func(b *testing.B) {
			const lines = 1000
			line, err := JSON{Data: mode}.Append(nil, plain(string(shopEvent)))
			if err != nil {
				b.Fatal(err)
			}
			input := bytes.Repeat(line, lines)
			b.SetBytes(int64(len(input)))
			b.ReportAllocs()
			for b.Loop() {
				in := NewRecords(bytes.NewReader(input), 1<<20)
				for {
					if _, err := in.Next(); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
