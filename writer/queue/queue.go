// Package queue holds the records that wait to be written to a stream, and makes
// requests of them: by partition key in the order of the input, and each key in the
// queue of the shard that it is predicted to go to.
//
// It is pure: it makes no calls, writes no log, takes no lock and asks for no time.
// Its caller passes the time, and what became of a request.
package queue

import (
	"slices"
	"time"
)

// Options decide which records go together and when.
type Options struct {
	// Linger is how long a record waits for others to share its request.
	Linger time.Duration
	// Ordered lets a request hold one record of a partition key at most.
	Ordered bool
	// Aggregate packs records of the same key, where several wait, into aggregates
	// of the Kinesis Producer Library.
	Aggregate bool
	// Limited keeps to the limits of each shard that is known.
	Limited bool
	// IgnoresKeys is for a stream that distributes records itself: no two of its
	// records have an order.
	IgnoresKeys bool
	// ProbeTime is how long a shard that failed waits for the answer to its one
	// request before a further one.
	ProbeTime time.Duration
}

// Queue holds the waiting records of one stream. Its caller holds a lock: no two of
// its methods, nor those of its requests and their shards, may run at a time.
type Queue struct {
	o        Options
	shards   shardMap
	keys     map[string]*keyQueue
	schedule schedule // shards with records that may be sent
	packing  packing

	inFlight int           // requests
	taken    []*ShardQueue // scratch of Build
	free     []*Request
}

// New returns an empty queue in front of the shards; an empty list means that they are
// not known. A shard may send at fixed ticks, counted from began.
func New(o Options, shards []Range, began time.Time) *Queue {
	q := &Queue{
		o: o, keys: map[string]*keyQueue{}, schedule: newSchedule(began),
		shards:  shardMap{limited: o.Limited, probeTime: o.ProbeTime},
		packing: packing{ordered: o.Ordered, aggregate: o.Aggregate, bytes: requestBytes},
	}
	q.shards.set(shards)
	return q
}

// Push puts a record in line behind those of its key. It returns true if
// a request may be due now.
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
		s.grow(e)
		q.schedule.grew(s)
	} else {
		q.enqueue(k, s)
	}
	return s.records == 1 || s.records%pieceRecords == 0 || s.bytes >= q.packing.bytes
}

// keyOf is the same for records that keep their order: the partition key, together with
// an explicit hash key if there is one, so that a load with one partition key may go to
// many shards. With Ordered the partition key alone counts.
func (q *Queue) keyOf(e *Entry) string {
	if e.ExplicitHashKey == "" || q.o.Ordered {
		return e.PartitionKey
	}
	return e.PartitionKey + "\x00" + e.ExplicitHashKey
}

// enqueue puts a key into the queue of its shard.
func (q *Queue) enqueue(k *keyQueue, s *ShardQueue) {
	s.add(k)
	q.schedule.update(s)
}

// Due reports whether to build a request now, or when to ask again; a zero time means:
// not before something changes. flush sends now, and waits for no more records.
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

// earlier is the earlier of two times of which zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// maxUnfit is how many shards, whose next record does not fit any more, are
// tried before a request counts as full.
const maxUnfit = 16

// Build takes a request's worth from the open shards, those with the oldest
// records first. The request is in flight until Release.
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
		if !e.Unsure() {
			r.Undecided++
		}
	}
	return r
}

// blank is a request without entries.
func (q *Queue) blank() *Request {
	n := len(q.free)
	if n == 0 {
		return &Request{}
	}
	r := q.free[n-1]
	q.free = q.free[:n-1]
	return r
}

// Release ends the flight of a request, which must not be used any more. Records
// that were not put back before are settled; the others wait again.
func (q *Queue) Release(r *Request) {
	q.inFlight--
	for _, k := range r.keys {
		if k.settled() {
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

// InFlight is how many requests are in flight.
func (q *Queue) InFlight() int { return q.inFlight }

// Shrink keeps requests to the limit of an older endpoint from now on.
func (q *Queue) Shrink() { q.packing.bytes = OldRequestBytes }

// Shards are the open shards as they were listed last.
func (q *Queue) Shards() []Range { return q.shards.ranges }

// SetShards replaces the shards, and puts every key into the queue that is now its
// own. Without shards nothing is predicted.
func (q *Queue) SetShards(shards []Range) {
	q.shards.set(shards)
	for _, k := range q.drain() {
		q.enqueue(k, q.shards.queueOf(k.hash))
	}
}

// Drain takes out all records that wait, in the order of the input.
func (q *Queue) Drain() (all []*Entry) {
	for _, k := range q.drain() {
		all = append(all, k.entries...)
	}
	slices.SortFunc(all, CompareNumbers)
	return all
}

// drain takes all keys out of line.
func (q *Queue) drain() (keys []*keyQueue) {
	for _, s := range q.schedule.drain() {
		for !s.empty() {
			keys = append(keys, s.takeFirst())
		}
	}
	return keys
}

// Predict is the ID of the shard a record goes to; empty when it is not known.
func (q *Queue) Predict(r *Record) string { return q.shards.predict(r) }

// Mispredicted reports whether a record was written to another shard than the one it
// is now predicted to go to, whichever of the two is the newer shard: a stream may
// have been deleted and created again.
func (q *Queue) Mispredicted(r *Record, shardID string) bool {
	return len(q.shards.ranges) > 0 && shardID != "" && q.shards.predict(r) != shardID
}
