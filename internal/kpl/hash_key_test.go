package kpl

import (
	"testing"

	"kin/internal/lineage"
)

func TestHashKeyOfAUserRecord(t *testing.T) {
	const lastOfLower, firstOfUpper = "170141183460469231731687303715884105727", "170141183460469231731687303715884105728"
	for _, test := range []struct {
		r    Record
		want lineage.HashKey
	}{
		{Record{PartitionKey: "k0"}, lineage.HashKeyOf("k0")},
		{Record{PartitionKey: ""}, lineage.HashKeyOf("")},
		{Record{PartitionKey: "k1", ExplicitHashKey: "0"}, lineage.HashKey{}},
		{Record{PartitionKey: "k1", ExplicitHashKey: lastOfLower}, parsed(t, lastOfLower)},
		{Record{PartitionKey: "k0", ExplicitHashKey: firstOfUpper}, parsed(t, firstOfUpper)},
		{Record{PartitionKey: "k0", ExplicitHashKey: "many"}, lineage.HashKeyOf("k0")},
	} {
		if k := test.r.HashKey(); k != test.want {
			t.Errorf("%+v: %s, want %s", test.r, k, test.want)
		}
	}
}

func parsed(t *testing.T, s string) lineage.HashKey {
	t.Helper()
	k, ok := lineage.ParseHashKey(s)
	if !ok {
		t.Fatalf("%s is not parsed", s)
	}
	return k
}
