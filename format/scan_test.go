package format

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzValidJSON(f *testing.F) {
	for _, s := range []string{
		`{}`, `[]`, ` {"a":[1,2.5e-3,-0,true,false,null,"\u00e9\n\ud800"]} `, `{"a":1,}`, `[1,]`, `[,1]`, `{"a"}`, `{"a":}`, `{1:2}`,
		`01`, `-`, `1.`, `1e`, `1e+`, `.5`, `+1`, `0`, `-0.0E-0`, `tru`, `truee`, `nul`, `"`, `"\"`, `"\x"`, `"\u12"`, `"\u12G4"`,
		"\"\x00\"", "\"\x1f\"", "\"\x7f\"", "\"1234567\x1f\"", "\"\xff\"", "\xef\xbb\xbf{}", "[1]\n\t\r ", "{}{}", "", " ", "\"12345678", `"12345678"`, `"1234567\\8"`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, want := validJSON(b), json.Valid(b) && utf8.Valid(b); got != want {
			t.Errorf("validJSON(%q) = %v, encoding/json and utf8 say %v", b, got, want)
		}
	})
}

func TestValidJSONDepthAllowsForTheEnclosingObject(t *testing.T) {
	for _, open := range []string{"[", `{"a":`} {
		closing := map[string]string{"[": "]", `{"a":`: "}"}[open]
		nested := func(n int) []byte {
			return []byte(strings.Repeat(open, n) + "1" + strings.Repeat(closing, n))
		}
		if !validJSON(nested(maxJSONDepth)) {
			t.Errorf("%d times %s is refused", maxJSONDepth, open)
		}
		if line := `{"data":` + string(nested(maxJSONDepth)) + `}`; !json.Valid([]byte(line)) {
			t.Errorf("encoding/json refuses the line around %d times %s", maxJSONDepth, open)
		}
		if validJSON(nested(maxJSONDepth + 1)) {
			t.Errorf("%d times %s is accepted", maxJSONDepth+1, open)
		}
	}
}

// shopEvent is a typical payload of about 1 KB.
var shopEvent = []byte(`{"id":"ord-000123456","user":{"id":98765,"name":"Ada Lovelace","email":"ada@example.com"},"items":[` +
	strings.Repeat(`{"sku":"SKU-1234","qty":2,"price":19.99,"title":"A nice blue chair"},`, 11) +
	`{"sku":"X","qty":1,"price":5}],"total":224.89,"currency":"EUR","ts":"2026-11-22T10:00:00.123Z"}`)

func BenchmarkValidJSON(b *testing.B) {
	for _, bm := range []struct {
		name  string
		valid func([]byte) bool
	}{{"kin", validJSON}, {"encoding-json", json.Valid}} {
		b.Run(bm.name, func(b *testing.B) {
			b.SetBytes(int64(len(shopEvent)))
			b.ReportAllocs()
			for b.Loop() {
				if !bm.valid(shopEvent) {
					b.Fatal("not valid")
				}
			}
		})
	}
}
