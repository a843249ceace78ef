// Package queue holds the records that wait to be written to a stream and builds requests
// from them. Each partition key has a queue in input order. Keys wait in the queue of the
// shard to which they are predicted to go.
//
// The package is pure: it makes no calls, writes no log, takes no lock and reads no clock.
// The caller passes the time and the outcome of each request.
package queue

import (
	"slices"
	"time"
)

// Options configure which records share a request, and when it is sent.
type Options struct {
	// Linger is how long a record waits for others to fill its request.
	Linger time.Duration
	// Ordered limits a request to one record of each partition key.
	Ordered bool
	// Aggregate packs waiting records of the same key into aggregates of the Kinesis Producer
	// Library.
	Aggregate bool
	// Limited keeps to the write limits of each known shard.
	Limited bool
	// IgnoresKeys is for a stream with the distribution strategy AUTO. Its records have no
	// order.
	IgnoresKeys bool
	// ProbeTime is how long a failed shard's queue waits for the answer to its single request,
	// before it may send another.
	ProbeTime time.Duration
}

// Queue holds the waiting records of one stream. It is not safe for concurrent use. The
// caller's lock must also cover the methods of its requests and shard queues.
type Queue struct {
	o        Options
	shards   shardMap
	keys     map[string]*keyQueue
	schedule schedule // the queues of shards with records that may be sent
	packing  packing

	inFlight int           // requests
	taken    []*ShardQueue // memory that Build reuses
	free     []*Request
}

// New returns an empty queue for the shards. An empty list means that they are not known.
// A rate-limited shard queue opens at fixed ticks, counted from began.
func New(o Options, shards []Range, began time.Time) *Queue {
	q := &Queue{
		o: o, keys: map[string]*keyQueue{}, schedule: newSchedule(began),
		shards:  shardMap{limited: o.Limited, probeTime: o.ProbeTime},
		packing: packing{ordered: o.Ordered, aggregate: o.Aggregate, bytes: requestBytes},
	}
	q.shards.set(shards)
	return q
}

// Push appends a record to the queue of its key. It returns true if a request may be due
// now.
func (q *Queue) Push(e *Entry) bool {
	name := q.keyOf(e)
	k := q.keys[name]
	if k == nil {
		k = &keyQueue{name: name, hash: e.hashKey()}
		if !q.o.IgnoresKeys {
			q.keys[name] = k
		}
	}
	k.push(e)
	if k.inFlight {
		return false
	}
	s := q.shards.queueOf(k.hash)
	if k.ready {
		s.addRecord(e)
		q.schedule.entryAdded(s)
	} else {
		q.enqueue(k, s)
	}
	return s.records == 1 || s.records%pieceRecords == 0 || s.bytes >= q.packing.bytes
}

// keyOf returns the name of the queue that keeps the record in order. It is the partition
// key with the explicit hash key, if any: so one partition key can be written to many
// shards in parallel. With Ordered it is the partition key alone.
func (q *Queue) keyOf(e *Entry) string {
	if e.ExplicitHashKey == "" || q.o.Ordered {
		return e.PartitionKey
	}
	return e.PartitionKey + "\x00" + e.ExplicitHashKey
}

// enqueue adds a key to the queue of its shard.
func (q *Queue) enqueue(k *keyQueue, s *ShardQueue) {
	s.add(k)
	q.schedule.update(s)
}

// Due reports whether to call Build now. If not, wake is when to call Due again; zero means after
// the next change. With flush a request is due without waiting for more records.
func (q *Queue) Due(now time.Time, flush bool) (due bool, wake time.Time) {
	oldest, wake := q.schedule.opened(now)
	if oldest.IsZero() {
		return false, wake
	}
	at := oldest.Add(q.o.Linger)
	if now.Before(at) && !flush && !q.packing.full(q.schedule.load) {
		return false, earlier(wake, at)
	}
	return true, time.Time{}
}

// earlier returns the earlier of two times. Zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// maxUnfit is the number of shard queues that Build tries in vain before a request counts
// as full.
const maxUnfit = 16

// Build builds a request from the open shard queues, those with the oldest records first.
// The request is in flight until Release.
func (q *Queue) Build(now time.Time) *Request {
	r := q.blank()
	q.taken = q.taken[:0]
	for unfit := 0; len(r.Parcels) < requestRecords && unfit < maxUnfit && !r.alone; {
		s := q.schedule.take()
		if s == nil {
			break
		}
		q.taken = append(q.taken, s)
		if !q.packing.fill(r, s, now) {
			unfit++
		}
	}
	for _, s := range q.taken {
		q.schedule.update(s)
	}
	r.Sent = now
	q.inFlight++
	for _, e := range r.Entries {
		if !e.PossiblyWritten() {
			r.Undecided++
		}
	}
	return r
}

// blank returns a request without entries.
func (q *Queue) blank() *Request {
	n := len(q.free)
	if n == 0 {
		return &Request{}
	}
	r := q.free[n-1]
	q.free = q.free[:n-1]
	return r
}

// Release removes r from the requests in flight. The caller must not use r afterwards. Records of r
// that were put back wait again; the others are settled.
func (q *Queue) Release(r *Request) {
	q.inFlight--
	for _, k := range r.keys {
		if k.endFlight() {
			q.enqueue(k, q.shards.queueOf(k.hash))
		} else {
			delete(q.keys, k.name)
		}
	}
	for _, s := range r.shards {
		s.inFlight--
		q.schedule.update(s)
	}
	r.reset()
	q.free = append(q.free, r)
}

// InFlight is the number of requests in flight.
func (q *Queue) InFlight() int { return q.inFlight }

// Shrink limits further requests to OldRequestBytes.
func (q *Queue) Shrink() { q.packing.bytes = OldRequestBytes }

// Shards are the current shards, sorted by their starting hash keys; empty if they are not
// known.
func (q *Queue) Shards() []Range { return q.shards.ranges }

// SetShards replaces the shards and moves every waiting key to the queue of its new shard.
// With an empty list nothing is predicted.
func (q *Queue) SetShards(shards []Range) {
	q.shards.set(shards)
	for _, k := range q.drain() {
		q.enqueue(k, q.shards.queueOf(k.hash))
	}
}

// Drain removes all waiting records and returns them in input order.
func (q *Queue) Drain() (all []*Entry) {
	for _, k := range q.drain() {
		all = append(all, k.entries...)
	}
	slices.SortFunc(all, CompareNumbers)
	return all
}

// drain removes all waiting keys from their shard queues.
func (q *Queue) drain() (keys []*keyQueue) {
	for _, s := range q.schedule.drain() {
		for !s.empty() {
			keys = append(keys, s.takeFirst())
		}
	}
	return keys
}

// Predict returns the ID of the shard that a record goes to; empty if it is not known.
func (q *Queue) Predict(r *Record) string { return q.shards.predict(r) }

// Mispredicted reports whether a record was written to another shard than the one now
// predicted. Either shard may be the newer one, because the stream may have been deleted
// and created again.
func (q *Queue) Mispredicted(r *Record, shardID string) bool {
	return len(q.shards.ranges) > 0 && shardID != "" && q.shards.predict(r) != shardID
}
