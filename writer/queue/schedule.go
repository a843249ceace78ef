package queue

import "time"

// schedule holds the shards' queues that have records: those that must wait by
// when they open, the open ones by the age of their oldest record. A queue is
// visited when it changed or when its time has come, so the work does not grow
// with the number of shards.
type schedule struct {
	began   time.Time // of the ticks at which queues open
	waiting shardHeap // by opensAt
	open    shardHeap // by oldest, then by turn

	load   load // of the open queues together
	turn   int
	visits int // how often a queue was visited
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

// update lets the next opened visit a queue: it has got records, or
// what holds it back has changed. A queue without records is taken out.
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

// grew notes a record that was added to a key in line. A queue that waits for its
// time is not open sooner because of it; one that keeps to a rate may be open
// later.
func (c *schedule) grew(s *ShardQueue) {
	switch {
	case s.slot.heap == waitingHeap:
	case s.limits != nil:
		c.update(s)
	default:
		c.load.sub(s.slot.counted)
		c.count(s)
	}
}

// count counts what an open queue holds.
func (c *schedule) count(s *ShardQueue) {
	s.slot.counted = s.load()
	c.load.add(s.slot.counted)
}

// opened opens the queues whose time has come. It returns when the oldest record of
// the open queues was read, and when the next queue opens; zero is none.
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

// take takes the open queue with the oldest record out; nil is none. It has to be
// given to update.
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

// remove takes a queue out, if it is in.
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

// drain takes all queues out.
func (c *schedule) drain() []*ShardQueue {
	all := append(c.waiting.queues, c.open.queues...)
	for _, s := range all {
		s.slot.heap = noHeap
	}
	c.waiting.queues, c.open.queues, c.load = nil, nil, load{}
	return all
}
