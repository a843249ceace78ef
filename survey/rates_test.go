package survey

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"kin/internal/kpl"
	"kin/internal/lineage"
	"kin/internal/record"
)

func number(t *testing.T, text string) lineage.HashKey {
	t.Helper()
	k, ok := lineage.ParseHashKey(text)
	if !ok {
		t.Fatal(text)
	}
	return k
}

func rangeOf(t *testing.T, from, to string) lineage.HashKeyRange {
	t.Helper()
	return lineage.HashKeyRange{Starting: number(t, from), Ending: number(t, to)}
}

func TestASplitPartsTheBytesEvenlyOrNotAtAll(t *testing.T) {
	for _, c := range []struct {
		name    string
		weights map[string]int64
		want    string // empty is none
	}{
		{"nothing", nil, ""},
		{"one key", map[string]int64{"50": 100}, ""},
		{"two keys", map[string]int64{"20": 100, "50": 100}, "50"},
		{"bytes, not keys", map[string]int64{"10": 10, "20": 10, "30": 10, "40": 10, "50": 1000, "60": 1000}, "60"},
		{"one key has most", map[string]int64{"10": 50, "50": 900, "90": 50}, ""},
		{"one key has a good part", map[string]int64{"10": 30, "50": 40, "90": 30}, "50"},
		{"at the lower edge, where no split may be", map[string]int64{"0": 100, "1": 100}, ""},
		{"at the upper edge", map[string]int64{"20": 100, "100": 100}, ""},
		{"in a narrow part of the range", map[string]int64{"70": 5, "71": 5, "72": 5, "73": 5}, "72"},
	} {
		p := hashSample{capacity: 100}
		for hash, bytes := range c.weights {
			p.add(number(t, hash), bytes)
		}
		at, ok := p.split(rangeOf(t, "0", "100"))
		if got := at.String(); ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s: %s, %t, want %q", c.name, got, ok, c.want)
		}
	}
}

// A sample that is much smaller than what it is taken from still finds the
// middle, and no more is kept.
func TestTheSampleOfPlacesIsBoundedAndFair(t *testing.T) {
	p := hashSample{capacity: sampleCapacity}
	for i := range 100_000 {
		p.add(number(t, fmt.Sprint(i)), 100)
	}
	if len(p.kept) != sampleCapacity || cap(p.kept) > 2*sampleCapacity {
		t.Fatalf("%d of %d kept", len(p.kept), cap(p.kept))
	}
	at, ok := p.split(rangeOf(t, "0", "100000"))
	if !ok || at.Compare(number(t, "40000")) < 0 || at.Compare(number(t, "60000")) > 0 {
		t.Errorf("split at %s, %t", at, ok)
	}
}

func TestRatesAgainstTheWriteLimit(t *testing.T) {
	all := rangeOf(t, "0", lastHashKey)
	whole := &lineage.Shard{ID: "0", Hashes: &all}
	for _, c := range []struct {
		name           string
		records, bytes int // a second
		share          float64
		hot            bool
	}{
		{"records bind", 400, 400 * 20, 0.4, false},
		{"bytes bind", 4, 1 << 19, 0.5, true},
		{"half of the records", 500, 500 * 10, 0.5, true},
	} {
		take := &taker{shards: map[string]*taken{}}
		for i := range 2 * c.records {
			key := fmt.Sprintf("key-%03d", i%1000)
			if _, err := take.take(nil, record.Record{ShardID: "0", PartitionKey: key, Data: make([]byte, c.bytes/c.records-len(key))}); err != nil {
				t.Fatal(err)
			}
		}
		r := take.shards["0"].rates(whole, 2*time.Second, true)
		if r.RecordsPerSecond != float64(c.records) || r.BytesPerSecond != float64(c.bytes) || r.WriteLimitShare != c.share || r.Hot != c.hot || (r.SplitAt != nil) != c.hot {
			t.Errorf("%s: %+v", c.name, r)
		}
		if r := take.shards["0"].rates(whole, 2*time.Second, false); r.SplitAt != nil {
			t.Errorf("%s: split at %s in a stream that the service splits", c.name, r.SplitAt)
		}
	}
}

// An aggregate is one record of the limits, and its key is nobody's: the
// records inside have their own, and their own places.
func TestAggregatesCountWithTheKeysInside(t *testing.T) {
	data := kpl.Aggregate(nil, []kpl.Record{
		{PartitionKey: "ada", Data: []byte("1234567")},
		{PartitionKey: "ada", Data: []byte("1234567")},
		{PartitionKey: "bob", ExplicitHashKey: "7", Data: []byte("1234567")},
	})
	take := &taker{shards: map[string]*taken{}}
	if _, err := take.take(nil, record.Record{ShardID: "0", PartitionKey: "a", Data: data}); err != nil {
		t.Fatal(err)
	}
	s := take.shards["0"]
	if s.records != 1 || s.bytes != int64(len(data))+1 {
		t.Errorf("%d records, %d bytes", s.records, s.bytes)
	}
	if got, want := s.keys.heaviest(9, 0), []weighed{{"ada", 20}, {"bob", 10}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if want := number(t, "7"); !slices.Contains(s.hashes.kept, hashWeight{want, 10}) {
		t.Errorf("%v", s.hashes.kept)
	}
}
