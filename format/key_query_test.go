package format

import (
	"context"
	"testing"
)

func TestKeyQuery(t *testing.T) {
	for _, tt := range []struct{ query, doc, want, err string }{
		{".user.id", `{"user":{"id":"Ada"}}`, "Ada", ""},
		{".id", `{"id":12345678901234567890123}`, "12345678901234567890123", ""},
		{".id", ` {"id":1.5}` + "\n", "1.5", ""},
		{".ok", `{"ok":false}`, "false", ""},
		{`"\(.a)-\(.b)"`, `{"a":1,"b":"x"}`, "1-x", ""},
		{".[0]", `["é"]`, "é", ""},
		{".id", `{}`, "", ".id is null"},
		{".id", `{"id":{}}`, "", ".id is an object"},
		{".id", `{"id":[]}`, "", ".id is an array"},
		{".[]", `[]`, "", ".[] gives nothing"},
		{".[]", `["a","b"]`, "", ".[] gives more than one result"},
		{".[0].a", `{"secret":1}`, "", ".[0].a fails on this payload"},
		{`"a", error("secret")`, `{}`, "", `"a", error("secret") fails on this payload`},
		{".id", `hello`, "", "not JSON"},
		{".id", `{"id":1}{}`, "", "not JSON"},
		{"$ENV.PATH", `{}`, "", "$ENV.PATH is null"},
	} {
		var q KeyQuery
		if err := q.Set(tt.query); err != nil {
			t.Fatalf("%s: %v", tt.query, err)
		}
		got, err := q.Text(context.Background(), []byte(tt.doc))
		switch {
		case tt.err != "":
			if err == nil || err.Error() != tt.err {
				t.Errorf("%s of %s: got %q, %v, want %s", tt.query, tt.doc, got, err, tt.err)
			}
		case err != nil || got != tt.want:
			t.Errorf("%s of %s: got %q, %v, want %q", tt.query, tt.doc, got, err, tt.want)
		}
	}
}

func TestKeyQueryRejectsInvalidExpressions(t *testing.T) {
	for _, s := range []string{".a[", "nosuch(1)", "$x", "|"} {
		var q KeyQuery
		if err := q.Set(s); err == nil {
			t.Errorf("%s was accepted", s)
		}
	}
}

func TestKeyQueryEndsWithItsContext(t *testing.T) {
	var q KeyQuery
	if err := q.Set("last(repeat(.))"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got, err := q.Text(ctx, []byte("1")); err == nil {
		t.Errorf("got %q, want an error", got)
	}
}

// The query returns the value of a member with a random name.
func FuzzKeyQuery(f *testing.F) {
	f.Add("a", "b", []byte("{}"))
	f.Add("é\"", "\\\u2028", []byte("[1e400]"))
	f.Fuzz(func(t *testing.T, name, key string, garbage []byte) {
		name, key = toUTF8(name), toUTF8(key)
		quoted := appendQuoted(nil, []byte(name))
		var q KeyQuery
		if err := q.Set(".[" + string(quoted) + "]"); err != nil {
			t.Fatalf("%q: %v", quoted, err)
		}
		doc := append(append(append([]byte("{"), quoted...), ':'), appendQuoted(nil, []byte(key))...)
		if got, err := q.Text(context.Background(), append(doc, '}')); err != nil || got != key {
			t.Fatalf("got %q, %v, want %q of %s", got, err, key, doc)
		}
		if got, err := q.Text(context.Background(), garbage); err == nil && !validJSON(garbage) {
			t.Fatalf("got %q of %q", got, garbage)
		}
	})
}
