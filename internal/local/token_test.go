package local

import (
	"encoding/base64"
	"testing"
)

func TestTokensSealAndOpen(t *testing.T) {
	key := []byte("key")
	for _, want := range []token{
		{kind: kindIterator, made: 1, stream: 2, number: 3, shard: 4, name: "orders"},
		{kind: kindIterator, stuck: true, made: 1 << 41, stream: 1<<64 - 1, number: 1<<64 - 1, shard: 1<<32 - 1, name: "o"},
		{kind: kindShards, filter: 6, time: -1, name: "orders"},
		{kind: kindConsumers, name: "orders", after: "reader"},
		{kind: kindStreams},
	} {
		text := want.sealed(key)
		if got, ok := openToken(text, want.kind, key); !ok || got != want {
			t.Errorf("got %+v, %v, want %+v", got, ok, want)
		}
		if _, ok := openToken(text, want.kind+1, key); ok {
			t.Errorf("%+v opens as another kind", want)
		}
		if _, ok := openToken(text, want.kind, []byte("other")); ok {
			t.Errorf("%+v opens with another key", want)
		}
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		for i := range raw {
			bad := append([]byte(nil), raw...)
			bad[i] ^= 1
			if _, ok := openToken(base64.StdEncoding.EncodeToString(bad), want.kind, key); ok {
				t.Errorf("%+v opens with a wrong bit in byte %d", want, i)
			}
		}
	}
}

func TestIteratorsAreWithinTheServicesLength(t *testing.T) {
	longest := token{kind: kindIterator, name: string(make([]byte, 128))}.sealed([]byte("key"))
	if len(longest) > 512 {
		t.Errorf("an iterator has %d characters, the API allows 512", len(longest))
	}
}

func FuzzOpenToken(f *testing.F) {
	key := []byte("key")
	f.Add(token{kind: kindIterator, name: "orders"}.sealed(key))
	f.Add("AAAAAAAAAAE=")
	f.Add(token{kind: kindIterator, name: "orders"}.sealed(key)[:20] + "\r" + token{kind: kindIterator, name: "orders"}.sealed(key)[20:])
	f.Fuzz(func(t *testing.T, text string) {
		if got, ok := openToken(text, kindIterator, key); ok && got.sealed(key) != text {
			t.Errorf("%q opens as %+v, which seals as %q", text, got, got.sealed(key))
		}
	})
}
