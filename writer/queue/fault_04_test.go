package queue

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"kin/internal/lineage"
)

// evenRanges are shards that share the hash key space evenly.
func evenRanges(n int) []Range {
	start := func(i int) lineage.HashKey {
		k, _ := lineage.ParseHashKey(new(big.Int).Div(new(big.Int).Mul(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(int64(i))), big.NewInt(int64(n))).String())
		return k
	}
	last, _ := lineage.ParseHashKey("340282366920938463463374607431768211455")
	ranges := make([]Range, n)
	for i := range ranges {
		ranges[i] = Range{ShardID: fmt.Sprintf("shardId-%012d", i), HashKeyRange: lineage.HashKeyRange{Starting: start(i), Ending: last}}
		if i > 0 {
			ranges[i-1].Ending = previous(ranges[i].Starting)
		}
	}
	return ranges
}

// previous is the hash key before one.
func previous(k lineage.HashKey) lineage.HashKey {
	n, _ := new(big.Int).SetString(k.String(), 10)
	p, _ := lineage.ParseHashKey(n.Sub(n, big.NewInt(1)).String())
	return p
}

func TestEvenRangesCoverTheHashKeySpace(t *testing.T) {
	ranges := evenRanges(7)
	if !Cover(ranges) {
		t.Errorf("%v do not cover it", ranges)
	}
	for i := range ranges {
		if Cover(slices.Delete(slices.Clone(ranges), i, i+1)) {
			t.Errorf("it is covered without %v", ranges[i])
		}
	}
	if Cover(nil) {
		t.Error("nothing covers it")
	}
}

// What fails goes back in front of a key without a copy of what waits behind it.
func TestFault04AHotKeyIsNotCopiedWithEachFailure(t *testing.T) {
	k := &keyQueue{}
	for i := range 100_000 {
		k.push(NewEntry(Record{}, int64(i+1), time.Time{}))
	}
	room := &k.all[:1][0]
	for range 200 {
		taken := slices.Clone(k.entries[:500])
		k.take(len(taken))
		k.putBack(taken[1:]) // and one was written
		if room != &k.all[:1][0] {
			t.Fatal("the queue was copied")
		}
	}
	if len(k.entries) != 100_000-200 || k.entries[0].Number != 201 {
		t.Errorf("%d records wait, from record %d", len(k.entries), k.entries[0].Number)
	}
}

// However records come, leave and come back, a key has them in their order, and
// no more than a few places for each.
func TestFault04AKeyKeepsItsOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	k := &keyQueue{}
	var waiting, taken []*Entry
	number, most := int64(0), 0
	for step := range 20_000 {
		switch r.IntN(3) {
		case 0:
			for range r.IntN(8) {
				number++
				e := NewEntry(Record{PartitionKey: "k"}, number, time.Time{})
				k.push(e)
				waiting = append(waiting, e)
			}
		case 1:
			if taken == nil && len(waiting) > 0 {
				n := 1 + r.IntN(len(waiting))
				taken, waiting = slices.Clone(waiting[:n]), waiting[n:]
				k.take(n)
			}
		default:
			back := taken[r.IntN(len(taken)+1):]
			k.putBack(back)
			waiting, taken = slices.Concat(back, waiting), nil
			k.reserved = 0
		}
		most = max(most, len(waiting)+len(taken))
		if !slices.Equal(k.entries, waiting) || k.bytes != len(waiting) {
			t.Fatalf("step %d: the queue has %d records of %d bytes, want %d", step, len(k.entries), k.bytes, len(waiting))
		}
	}
	if cap(k.all) > 8*most {
		t.Errorf("%d places for %d records", cap(k.all), most)
	}
}

// The shards that are looked at follow the records, not the shards that there are.
func TestFault04ALookVisitsTheShardsThatChanged(t *testing.T) {
	const shards, count = 2000, 20_000
	for _, unlimited := range []bool{false, true} {
		began := time.Now()
		q := New(Options{Linger: 100 * time.Millisecond, Limited: !unlimited, ProbeTime: 30 * time.Second}, evenRanges(shards), began)
		now, sent := began, 0
		for i := range count {
			q.Push(NewEntry(Record{PartitionKey: strconv.Itoa(i)}, int64(i+1), now))
			now = now.Add(time.Millisecond)
			for {
				if due, _ := q.Due(now, false); !due {
					break
				}
				sent += len(q.Build(now).Parcels)
			}
		}
		if looks := q.schedule.visits; looks > 6*count || sent < count/2 {
			t.Errorf("unlimited %t: %d looks at shards for %d records, of which %d were sent, want a few looks a record", unlimited, looks, count, sent)
		}
	}
}
