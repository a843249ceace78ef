package queue

import (
	"slices"
	"strconv"
	"testing"
	"time"
)

// pushed returns a queue with one record for each key, numbered from 1.
func pushed(o Options, shards []Range, now time.Time, keys ...string) *Queue {
	q := New(o, shards, now)
	for i, key := range keys {
		q.Push(NewEntry(Record{PartitionKey: key}, int64(i+1), now))
	}
	return q
}

// next builds the request that is due, or returns nil.
func next(q *Queue, now time.Time) *Request {
	if due, _ := q.Due(now, true); !due {
		return nil
	}
	r := q.Build(now)
	for _, e := range r.Entries {
		e.MarkSent(now)
	}
	return r
}

// numbers returns the numbers of the records in a request.
func numbers(r *Request) (all []int64) {
	if r != nil {
		for _, e := range r.Entries {
			all = append(all, e.Number)
		}
	}
	return all
}

// Records of a key are in at most one request in flight. Records that are put back come
// before newer ones.
func TestKeyIsInOneRequestAtATime(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	q := pushed(Options{}, evenRanges(1), now, "a", "a", "b", "a")
	first := next(q, now)
	if got, want := numbers(first), []int64{1, 2, 4, 3}; !slices.Equal(got, want) || q.InFlight() != 1 {
		t.Fatalf("got %v in %d requests, want %v", got, q.InFlight(), want)
	}
	q.Push(NewEntry(Record{PartitionKey: "a"}, 5, now))
	q.Push(NewEntry(Record{PartitionKey: "c"}, 6, now))
	second := next(q, now)
	if got, want := numbers(second), []int64{6}; !slices.Equal(got, want) {
		t.Errorf("got %v while a and b are in flight, want %v", got, want)
	}
	first.PutBack(first.Parcels[1:3]) // 1 and 3 were written
	q.Release(first)
	q.Release(second)
	if got, want := numbers(next(q, now)), []int64{2, 4}; !slices.Equal(got, want) {
		t.Errorf("got %v, want the retries %v before what is new", got, want)
	}
	if q.InFlight() != 1 {
		t.Errorf("%d requests in flight, want 1", q.InFlight())
	}
}

// A record with Alone set gets a request of its own.
func TestAloneRecordGetsItsOwnRequest(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	q := pushed(Options{}, evenRanges(1), now, "a", "b", "c")
	r := next(q, now)
	for _, e := range r.Entries {
		e.Alone = true
	}
	r.PutBack(r.Parcels)
	q.Release(r)
	q.Push(NewEntry(Record{PartitionKey: "d"}, 4, now))
	for range 3 {
		if r := next(q, now); len(r.Entries) != 1 || r.Entries[0].Number == 4 {
			t.Errorf("got %v, want one record alone", numbers(r))
		}
	}
	if got := numbers(next(q, now)); !slices.Equal(got, []int64{4}) {
		t.Errorf("got %v, want the other record", got)
	}
}

// After a reshard, waiting records move to the queues of the new shards. Records that were
// in flight during the reshard move too.
func TestWaitingRecordsFollowTheShards(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	var keys []string
	for i := range 100 {
		keys = append(keys, strconv.Itoa(i))
	}
	q := pushed(Options{Limited: true}, evenRanges(1), now, keys...)
	inFlight := next(q, now)
	q.Push(NewEntry(Record{PartitionKey: "waits"}, 101, now))
	after := evenRanges(4)
	for i := range after {
		after[i].ShardID += "-new"
	}
	q.SetShards(after)
	inFlight.PutBack(inFlight.Parcels)
	q.Release(inFlight)
	r := next(q, now)
	if len(r.Entries) != 101 || len(r.shards) != 4 {
		t.Fatalf("%d records for %d shards, want 101 for 4", len(r.Entries), len(r.shards))
	}
	for i := range r.Parcels {
		p := &r.Parcels[i]
		if e := r.Records(p)[0]; p.Shard.ID() != q.Predict(&e.Record) || q.Mispredicted(&e.Record, p.Shard.ID()) {
			t.Errorf("record %d waited for %s, want %s", e.Number, p.Shard.ID(), q.Predict(&e.Record))
		}
	}
}

// A failed shard pauses. The other shards continue.
func TestFailedShardPausesAlone(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	var keys []string
	for i := range 20 {
		keys = append(keys, strconv.Itoa(i))
	}
	q := pushed(Options{}, evenRanges(2), now, keys...)
	r := next(q, now)
	failing := r.Parcels[0].Shard
	pause := failing.Failed(r.Sent, now, false, time.Minute)
	if pause <= 0 || failing.Attempts() != 1 || failing.Failed(r.Sent.Add(-1), now, false, time.Minute) != pause {
		t.Errorf("a pause of %s after %d failures, want one of one", pause, failing.Attempts())
	}
	r.PutBack(r.Parcels)
	q.Release(r)
	others := next(q, now)
	if others == nil || slices.ContainsFunc(others.Parcels, func(p Parcel) bool { return p.Shard == failing }) {
		t.Errorf("got %v, want the records of the other shard alone", numbers(others))
	}
	due, wake := q.Due(now, true)
	if due || !wake.Equal(now.Add(pause)) {
		t.Errorf("due %t or at %v, want at the end of the pause", due, wake)
	}
	if rest := next(q, wake); len(rest.Entries)+len(others.Entries) != len(keys) {
		t.Errorf("%d and %d records, want %d", len(others.Entries), len(rest.Entries), len(keys))
	}
}
