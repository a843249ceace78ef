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

// evenRanges returns n shards that divide the hash key space evenly.
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

// previous returns k-1.
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
		t.Error("an empty list covers it")
	}
}

// Records that failed return to the front of their key's queue without copying the rest of
// it.
func TestFault04PutBackDoesNotCopyTheKeyQueue(t *testing.T) {
	k := &keyQueue{}
	for i := range 100_000 {
		k.push(NewEntry(Record{}, int64(i+1), time.Time{}))
	}
	room := &k.all[:1][0]
	for range 200 {
		taken := slices.Clone(k.entries[:500])
		k.take(len(taken))
		k.putBack(taken[1:]) // the first record was written
		if room != &k.all[:1][0] {
			t.Fatal("the queue was copied")
		}
	}
	if len(k.entries) != 100_000-200 || k.entries[0].Number != 201 {
		t.Errorf("%d records wait, from record %d", len(k.entries), k.entries[0].Number)
	}
}

// Records are added, taken and put back in random order. The queue of the key keeps its
// order, and its capacity stays proportional to its records.
func TestFault04KeyQueueKeepsItsOrder(t *testing.T) {
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
		t.Errorf("capacity %d for %d records", cap(k.all), most)
	}
}

// The number of visited shards depends on the number of records, not on the number of
// shards.
func TestFault04ScheduleVisitsOnlyChangedShards(t *testing.T) {
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
		if visits := q.schedule.visits; visits > 6*count || sent < count/2 {
			t.Errorf("unlimited %t: %d shard visits for %d records, %d of them sent, want at most six visits per record", unlimited, visits, count, sent)
		}
	}
}
