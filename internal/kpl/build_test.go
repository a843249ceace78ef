package kpl

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestAggregateCanBeSplit(t *testing.T) {
	for name, users := range map[string][]Record{
		"one key": {{PartitionKey: "k", Data: []byte("a")}, {PartitionKey: "k", Data: []byte{}}, {PartitionKey: "k", Data: []byte("c\x00\xff")}},
		"hash keys": {
			{PartitionKey: "é", ExplicitHashKey: "0", Data: []byte("a")}, {PartitionKey: "k", Data: []byte("b")},
			{PartitionKey: "é", ExplicitHashKey: "340282366920938463463374607431768211455", Data: []byte("c")}, {PartitionKey: "k", ExplicitHashKey: "0", Data: []byte("d")},
		},
		"long": {{PartitionKey: strings.Repeat("k", 256), Data: bytes.Repeat([]byte("x"), 40_000)}, {PartitionKey: "b", Data: bytes.Repeat([]byte("y"), 130)}},
	} {
		before := []byte("before")
		built := Aggregate(before, users)
		got, ok := split(nil, built[len(before):])
		if !ok || !slices.EqualFunc(got, users, func(a, b Record) bool {
			return a.PartitionKey == b.PartitionKey && a.ExplicitHashKey == b.ExplicitHashKey && bytes.Equal(a.Data, b.Data)
		}) {
			t.Errorf("%s: got %q, %v, want %q", name, got, ok, users)
		}
	}
}

func TestSizePredictsTheLengthOfAnAggregate(t *testing.T) {
	for _, hashKey := range []string{"", "0", "340282366920938463463374607431768211455"} {
		for _, key := range []string{"k", strings.Repeat("k", 127), strings.Repeat("é", 256)} {
			var users []Record
			var size Size
			for _, n := range []int{0, 1, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 16_370, 16_380, 16_384, 50_000} {
				users = append(users, Record{PartitionKey: key, ExplicitHashKey: hashKey, Data: make([]byte, n)})
				size = size.With(key, hashKey, n)
				if got, want := size.Bytes(), len(Aggregate(nil, users)); got != want {
					t.Fatalf("%d records, the last of %d bytes: got %d, want %d", len(users), n, got, want)
				}
			}
		}
	}
}
