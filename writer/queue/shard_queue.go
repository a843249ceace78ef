package queue

import (
	"time"

	"kin/internal/service"
)

// ShardQueue is the queue in front of one shard, as far as it can be known which
// shard a record goes to: the keys with waiting records. It rests by itself when
// the shard refuses records or has its fill, and the other shards go on.
type ShardQueue struct {
	id   string // of the shard; empty when it is not known
	slot slot

	retries []*keyQueue // keys whose first record failed: they go before the others
	ready   []*keyQueue // the other keys with records that may be sent now
	records int         // of all those keys
	bytes   int
	oldest  time.Time // about when the first of those records was read

	limits    *shardLimits
	backoff   service.Backoff
	failed    time.Time // when a failure was counted last
	rested    time.Time // nothing is sent before that: the shard failed
	inFlight  int       // requests with records of the queue
	probeTime time.Duration
}

// slot is where the schedule keeps a shard's queue.
type slot struct {
	heap    heapName
	at      int       // its index there
	opensAt time.Time // nothing is sent before that
	turn    int       // when it was taken last
	counted load      // what the schedule counts of it while it is open
}

// heapName says which heap of the schedule holds a queue.
type heapName uint8

const (
	noHeap      heapName = iota // no key is in line
	waitingHeap                 // nothing may be sent yet
	openHeap
)

// newShardQueue returns the queue of a shard. probeTime is as in Options.
func newShardQueue(id string, limited bool, probeTime time.Duration) *ShardQueue {
	s := &ShardQueue{id: id, probeTime: probeTime, backoff: NewBackoff()}
	if limited {
		s.limits = newShardLimits()
	}
	return s
}

// add puts a key with records in line, behind the others so that each key has
// its turn.
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

// load is what is in line.
func (s *ShardQueue) load() load {
	return load{len(s.retries) + len(s.ready), s.records, s.bytes}
}

// empty reports whether no key is in line.
func (s *ShardQueue) empty() bool { return len(s.retries)+len(s.ready) == 0 }

// line is the keys of which the first is next.
func (s *ShardQueue) line() *[]*keyQueue {
	if len(s.retries) > 0 {
		return &s.retries
	}
	return &s.ready
}

// first is the key that is next.
func (s *ShardQueue) first() *keyQueue { return (*s.line())[0] }

// grow counts a record that was pushed on a key in line.
func (s *ShardQueue) grow(e *Entry) {
	s.records++
	s.bytes += e.Size
}

// takeFirst takes the first key out of line.
func (s *ShardQueue) takeFirst() *keyQueue {
	line := s.line()
	k := (*line)[0]
	(*line)[0] = nil
	*line = (*line)[1:]
	k.ready = false
	s.records -= len(k.entries)
	s.bytes -= k.bytes
	return k
}

// taken notes that a request was given records of the queue, for an allowance.
func (s *ShardQueue) taken(now time.Time, a allowance) {
	s.inFlight++
	s.limits.spend(now, a)
}

// opens is when records of the queue may be sent: after a failure, when the
// shard has rested; else when its limits allow a piece worth sending.
func (s *ShardQueue) opens(now, began time.Time) time.Time {
	if now.Before(s.rested) {
		return s.rested
	}
	if s.backoff.Attempts() > 0 && s.inFlight > 0 {
		return now.Add(s.probeTime) // one request finds out, and wakes the others
	}
	return s.limits.opens(now, began, s.load(), s.first().entries[0].Size)
}

// ID is the shard's; empty when it is not known.
func (s *ShardQueue) ID() string { return s.id }

// Attempts is how many attempts in a row failed.
func (s *ShardQueue) Attempts() int { return s.backoff.Attempts() }

// Succeeded notes a request whose records were all written to the shard.
func (s *ShardQueue) Succeeded() { s.backoff.Reset() }

// Throttled notes that the shard has no tokens left.
func (s *ShardQueue) Throttled(now time.Time) { s.limits.drain(now) }

// Failed makes the queue rest for a while, because of a request that was sent at a
// time, and returns for how long. partly says that some of the request was written
// to the shard all the same, which begins the pauses anew; most bounds the pause.
// Requests that were in flight together fail of one cause, which counts once.
func (s *ShardQueue) Failed(sent, now time.Time, partly bool, most time.Duration) time.Duration {
	if sent.Before(s.failed) {
		return s.rested.Sub(now)
	}
	s.failed = now
	if partly {
		s.backoff.Reset()
	}
	pause := min(s.backoff.Next(), most)
	s.rested = now.Add(pause)
	return pause
}
