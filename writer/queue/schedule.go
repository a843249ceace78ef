package queue

import "time"

// schedule holds the shard queues that have records. Those that must wait are sorted by the
// time at which they open, the open ones by their oldest record. A queue is visited only if
// it changed or its time has come, so the work does not grow with the number of shards.
type schedule struct {
	began   time.Time // queues open at ticks counted from this time
	waiting shardHeap // sorted by opensAt
	open    shardHeap // sorted by oldest, then by turn

	load   load // total load of the open queues
	turn   int
	visits int // number of visits of a queue, for tests
}

func newSchedule(began time.Time) schedule {
	return schedule{
		began:   began,
		waiting: shardHeap{name: waitingHeap, before: func(a, b *ShardQueue) bool { return a.slot.opensAt.Before(b.slot.opensAt) }},
		open: shardHeap{name: openHeap, before: func(a, b *ShardQueue) bool {
			if a.oldest.Equal(b.oldest) {
				return a.slot.turn < b.slot.turn
			}
			return a.oldest.Before(b.oldest)
		}},
	}
}

// update makes the next call of opened visit a queue, because its records or its limits
// changed. It removes a queue without records.
func (c *schedule) update(s *ShardQueue) {
	if s.slot.heap == waitingHeap && !s.empty() {
		s.slot.opensAt = time.Time{}
		c.waiting.fix(s.slot.at)
		return
	}
	c.remove(s)
	if !s.empty() {
		s.slot.opensAt = time.Time{}
		c.waiting.add(s)
	}
}

// entryAdded notes that a record was added to a queued key. A waiting queue does not open sooner
// because of it. A rate-limited queue may open later.
func (c *schedule) entryAdded(s *ShardQueue) {
	switch {
	case s.slot.heap == waitingHeap:
	case s.limits != nil:
		c.update(s)
	default:
		c.load.sub(s.slot.counted)
		c.count(s)
	}
}

// count adds the load of an open queue to the total.
func (c *schedule) count(s *ShardQueue) {
	s.slot.counted = s.load()
	c.load.add(s.slot.counted)
}

// opened opens the queues whose time has come. It returns when the oldest record of the
// open queues was read, and when the next queue opens. Zero means none.
func (c *schedule) opened(now time.Time) (oldest, wake time.Time) {
	for len(c.waiting.queues) > 0 {
		s := c.waiting.queues[0]
		if s.slot.opensAt.After(now) {
			wake = s.slot.opensAt
			break
		}
		c.visits++
		if at := s.opens(now, c.began); at.After(now) {
			s.slot.opensAt = at
			c.waiting.fix(0)
			continue
		}
		c.remove(s)
		c.count(s)
		c.open.add(s)
	}
	if len(c.open.queues) > 0 {
		oldest = c.open.queues[0].oldest
	}
	return oldest, wake
}

// take removes the open queue with the oldest record; nil if there is none. The caller must
// pass it to update afterwards.
func (c *schedule) take() *ShardQueue {
	if len(c.open.queues) == 0 {
		return nil
	}
	c.visits++
	s := c.open.queues[0]
	c.remove(s)
	c.turn++
	s.slot.turn = c.turn
	return s
}

// remove removes a queue from its heap, if it is in one.
func (c *schedule) remove(s *ShardQueue) {
	switch s.slot.heap {
	case noHeap:
	case waitingHeap:
		c.waiting.remove(s.slot.at)
	case openHeap:
		c.load.sub(s.slot.counted)
		c.open.remove(s.slot.at)
	}
}

// drain removes all queues.
func (c *schedule) drain() []*ShardQueue {
	all := append(c.waiting.queues, c.open.queues...)
	for _, s := range all {
		s.slot.heap = noHeap
	}
	c.waiting.queues, c.open.queues, c.load = nil, nil, load{}
	return all
}
