package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPointer(t *testing.T) {
	const doc = ` {"user" : {"id":7,"name":"A\u0064a","a/b":1.50,"m~n":true,"":"empty","none":null}, "items":[ {"sku":"x"} , false,[]], "user2":{}, "é":"1e5","dup":1,"dup":2} `
	for _, tt := range []struct{ pointer, doc, want string }{
		{"/user/id", doc, "7"},
		{"/user/name", doc, "Ada"},
		{"/user/a~1b", doc, "1.50"},
		{"/user/m~0n", doc, "true"},
		{"/user/", doc, "empty"},
		{"/items/0/sku", doc, "x"},
		{"/items/1", doc, "false"},
		{"/é", doc, "1e5"},
		{"/dup", doc, "2"},
		{"", ` "a" `, "a"},
		{"/~01", `{"~1":"a"}`, "a"},
		{"/user/none", doc, "!/user/none is null"},
		{"/user", doc, "!/user is an object"},
		{"/items", doc, "!/items is an array"},
		{"/items/3", doc, "!nothing at /items/3"},
		{"/items/01", doc, "!nothing at /items/01"},
		{"/items/-", doc, "!nothing at /items/-"},
		{"/items/-1", doc, "!nothing at /items/-1"},
		{"/user/id/x", doc, "!nothing at /user/id/x"},
		{"/User/id", doc, "!nothing at /User/id"},
		{"/a", "plain", "!not JSON"},
		{"/a", `{"a":1}{}`, "!not JSON"},
		{"/a", "", "!not JSON"},
		{"/a", "{\"a\":1,\"b\":\"\xff\"}", "!not JSON"},
		{"/a", `{"a":1`, "!not JSON"},
		{"a", "", "!want a JSON pointer, such as /user/id"},
		{"/a~2", "", "!want ~0 for a ~ and ~1 for a / inside a name"},
		{"/a~", "", "!want ~0 for a ~ and ~1 for a / inside a name"},
	} {
		var p Pointer
		err := p.Set(tt.pointer)
		got := ""
		if err == nil {
			got, err = p.Text([]byte(tt.doc))
		}
		if err != nil {
			got = "!" + err.Error()
		}
		if got != tt.want {
			t.Errorf("%s of %s: got %q, want %q", tt.pointer, tt.doc, got, tt.want)
		}
	}
}

// A pointer finds the same value as a walk over encoding/json's value.
func FuzzPointer(f *testing.F) {
	for _, s := range []string{`{"a":{"b~/":[1,"x",{"c":true}]}}`, `[[[0]]]`, `{"":{"":1}}`, `{"a":1,"a":{"b":2}}`, `"\ud800"`, `{"\u0061":"b"}`, `{"a":1e400}`} {
		for _, p := range []string{"", "/", "/a", "/a/b~0~1/2/c", "/0/0/0", "//", "/a/b"} {
			f.Add(p, []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, text string, doc []byte) {
		var p Pointer
		if p.Set(text) != nil {
			return
		}
		if p.String() != text {
			t.Fatalf("%q prints as %q", text, p.String())
		}
		got, err := p.Text(doc)
		want, ok := walk(text, doc)
		if errors.Is(err, errHalfPair) && strings.Contains(want, "\ufffd") {
			return // encoding/json replaces it
		}
		if ok != (err == nil) || got != want {
			t.Errorf("%q of %q: got %q, %v, want %q, %v", text, doc, got, err, want, ok)
		}
	})
}

func walk(text string, doc []byte) (string, bool) {
	decoder := json.NewDecoder(bytes.NewReader(doc))
	decoder.UseNumber()
	var value any
	if !json.Valid(doc) || !utf8.Valid(doc) || decoder.Decode(&value) != nil {
		return "", false
	}
	if text != "" {
		for token := range strings.SplitSeq(text[1:], "/") {
			token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
			switch v := value.(type) {
			case map[string]any:
				var ok bool
				if value, ok = v[token]; !ok {
					return "", false
				}
			case []any:
				i, err := strconv.ParseUint(token, 10, 32)
				if err != nil || i >= uint64(len(v)) || token != strconv.FormatUint(i, 10) {
					return "", false
				}
				value = v[i]
			default:
				return "", false
			}
		}
	}
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

func BenchmarkPointer(b *testing.B) {
	var p Pointer
	if err := p.Set("/user/id"); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(shopEvent)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Text(shopEvent); err != nil {
			b.Fatal(err)
		}
	}
}
