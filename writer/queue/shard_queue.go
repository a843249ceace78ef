package queue

import (
	"time"

	"kin/internal/service"
)

// ShardQueue is the queue of one shard: the keys with waiting records that are predicted to
// go there. If the shard refuses records or reaches its limits, only its own queue pauses.
type ShardQueue struct {
	id   string // shard ID; empty if it is not known
	slot slot

	retries []*keyQueue // keys whose first record failed: they are sent first
	ready   []*keyQueue // the other keys with records that may be sent now
	records int         // total of all those keys
	bytes   int
	oldest  time.Time // about when the oldest of those records was read

	limits      *shardLimits
	backoff     service.Backoff
	failed      time.Time // when a failure was counted last
	pausedUntil time.Time // nothing is sent before this time, because the shard failed
	inFlight    int       // requests with records of this queue
	probeTime   time.Duration
}

// slot is the position of a shard queue in the schedule.
type slot struct {
	heap    heapName
	at      int       // index in the heap
	opensAt time.Time // nothing is sent before this time
	turn    int       // when it was taken last, as a sequence number
	counted load      // its part of the schedule's load while it is open
}

// heapName is the heap of the schedule that holds a queue.
type heapName uint8

const (
	noHeap      heapName = iota // the queue has no keys
	waitingHeap                 // nothing may be sent yet
	openHeap
)

// newShardQueue returns the queue of a shard. limited applies the write limits of a shard.
// probeTime is as in Options.
func newShardQueue(id string, limited bool, probeTime time.Duration) *ShardQueue {
	s := &ShardQueue{id: id, probeTime: probeTime, backoff: NewBackoff()}
	if limited {
		s.limits = newShardLimits()
	}
	return s
}

// add appends a key with waiting records, so that keys take turns.
func (s *ShardQueue) add(k *keyQueue) {
	k.ready = true
	if first := k.entries[0].Read; s.empty() || first.Before(s.oldest) {
		s.oldest = first
	}
	if k.retries() {
		s.retries = append(s.retries, k)
	} else {
		s.ready = append(s.ready, k)
	}
	s.records += len(k.entries)
	s.bytes += k.bytes
}

// load returns the load of the queue.
func (s *ShardQueue) load() load {
	return load{len(s.retries) + len(s.ready), s.records, s.bytes}
}

// empty reports whether the queue has no keys.
func (s *ShardQueue) empty() bool { return len(s.retries)+len(s.ready) == 0 }

// nextKeys returns the list of keys that is served next.
func (s *ShardQueue) nextKeys() *[]*keyQueue {
	if len(s.retries) > 0 {
		return &s.retries
	}
	return &s.ready
}

// first returns the next key.
func (s *ShardQueue) first() *keyQueue { return (*s.nextKeys())[0] }

// addRecord counts a record that was added to a queued key.
func (s *ShardQueue) addRecord(e *Entry) {
	s.records++
	s.bytes += e.Size
}

// takeFirst removes and returns the next key.
func (s *ShardQueue) takeFirst() *keyQueue {
	nextKeys := s.nextKeys()
	k := (*nextKeys)[0]
	(*nextKeys)[0] = nil
	*nextKeys = (*nextKeys)[1:]
	k.ready = false
	s.records -= len(k.entries)
	s.bytes -= k.bytes
	return k
}

// recordTaken notes that a request took records of the queue within an allowance.
func (s *ShardQueue) recordTaken(now time.Time, a allowance) {
	s.inFlight++
	s.limits.spend(now, a)
}

// opens returns when records of the queue may be sent: after the pause for a failure, and
// when its limits allow a piece.
func (s *ShardQueue) opens(now, began time.Time) time.Time {
	if now.Before(s.pausedUntil) {
		return s.pausedUntil
	}
	if s.backoff.Attempts() > 0 && s.inFlight > 0 {
		return now.Add(s.probeTime) // one request probes the shard; its answer updates the queue
	}
	return s.limits.opens(now, began, s.load(), s.first().entries[0].Size)
}

// ID is the shard ID; empty if it is not known.
func (s *ShardQueue) ID() string { return s.id }

// Attempts is the number of failed attempts in a row.
func (s *ShardQueue) Attempts() int { return s.backoff.Attempts() }

// Succeeded notes a request whose records for the shard were all written.
func (s *ShardQueue) Succeeded() { s.backoff.Reset() }

// Throttled notes that the shard exceeded its write limits.
func (s *ShardQueue) Throttled(now time.Time) { s.limits.drain(now) }

// Failed pauses the queue after a failed request and returns the length of the pause. sent
// is when the request was sent. partly means that some of its records were written, which
// resets the backoff. maxPause bounds the pause. Requests that were in flight together fail for
// the same cause, which counts once.
func (s *ShardQueue) Failed(sent, now time.Time, partly bool, maxPause time.Duration) time.Duration {
	if sent.Before(s.failed) {
		return s.pausedUntil.Sub(now)
	}
	s.failed = now
	if partly {
		s.backoff.Reset()
	}
	pause := min(s.backoff.Next(), maxPause)
	s.pausedUntil = now.Add(pause)
	return pause
}
