package writer

import (
	"container/heap"
	"time"
)

// schedule holds the lanes that have records: the closed ones by when they open,
// the open ones by the age of their oldest record. A lane is looked at when it
// changed or when its time has come, so the work does not grow with the number of
// shards. The dispatcher's mu guards it.
type schedule struct {
	began time.Time // of the ticks at which lanes open
	shut  laneHeap  // by opensAt
	open  laneHeap  // by oldest, then by turn

	counts laneCounts // of the open lanes together
	turn   int
	looks  int // how often a lane was looked at
}

// laneCounts are what lanes hold.
type laneCounts struct{ keys, records, bytes int }

func (c *laneCounts) add(o laneCounts) {
	c.keys, c.records, c.bytes = c.keys+o.keys, c.records+o.records, c.bytes+o.bytes
}

func (c *laneCounts) sub(o laneCounts) {
	c.keys, c.records, c.bytes = c.keys-o.keys, c.records-o.records, c.bytes-o.bytes
}

func newSchedule(began time.Time) schedule {
	return schedule{
		began: began,
		shut:  laneHeap{before: func(a, b *lane) bool { return a.opensAt.Before(b.opensAt) }},
		open: laneHeap{before: func(a, b *lane) bool {
			if a.oldest.Equal(b.oldest) {
				return a.turn < b.turn
			}
			return a.oldest.Before(b.oldest)
		}},
	}
}

// again looks at a lane once more, with the next look: it has got records, or
// what holds it back has changed. A lane without records is taken out.
func (s *schedule) again(l *lane) {
	if l.in == &s.shut && !l.empty() {
		l.opensAt = time.Time{}
		heap.Fix(&s.shut, l.at)
		return
	}
	s.remove(l)
	if !l.empty() {
		l.opensAt = time.Time{}
		s.shut.add(l)
	}
}

// grew notes a record that was added to a key in line. A lane that waits for its
// time is not open sooner because of it; one that keeps to a rate may be open
// later.
func (s *schedule) grew(l *lane) {
	switch {
	case l.in == &s.shut:
	case l.tokens != nil:
		s.again(l)
	default:
		s.counts.sub(l.counted)
		l.counted = l.counts()
		s.counts.add(l.counted)
	}
}

// look opens the lanes whose time has come. It returns when the oldest record of
// the open lanes was read, and when the next lane opens; zero is none.
func (s *schedule) look(now time.Time) (oldest, wake time.Time) {
	for len(s.shut.lanes) > 0 {
		l := s.shut.lanes[0]
		if l.opensAt.After(now) {
			wake = l.opensAt
			break
		}
		s.looks++
		if at := l.opens(now, s.began); at.After(now) {
			l.opensAt = at
			heap.Fix(&s.shut, 0)
			continue
		}
		s.remove(l)
		l.counted = l.counts()
		s.counts.add(l.counted)
		s.open.add(l)
	}
	if len(s.open.lanes) > 0 {
		oldest = s.open.lanes[0].oldest
	}
	return oldest, wake
}

// next takes the open lane with the oldest record out; nil is none. It has to be
// given to again.
func (s *schedule) next() *lane {
	if len(s.open.lanes) == 0 {
		return nil
	}
	s.looks++
	l := s.open.lanes[0]
	s.remove(l)
	s.turn++
	l.turn = s.turn
	return l
}

// remove takes a lane out, if it is in.
func (s *schedule) remove(l *lane) {
	if l.in == nil {
		return
	}
	if l.in == &s.open {
		s.counts.sub(l.counted)
	}
	heap.Remove(l.in, l.at)
}

// drain takes all lanes out.
func (s *schedule) drain() []*lane {
	all := append(s.shut.lanes, s.open.lanes...)
	for _, l := range all {
		l.in = nil
	}
	s.shut.lanes, s.open.lanes, s.counts = nil, nil, laneCounts{}
	return all
}

// laneHeap is a heap of lanes that know where they are in it.
type laneHeap struct {
	lanes  []*lane
	before func(a, b *lane) bool
}

func (h *laneHeap) add(l *lane) {
	l.in = h
	heap.Push(h, l)
}

func (h *laneHeap) Len() int           { return len(h.lanes) }
func (h *laneHeap) Less(i, j int) bool { return h.before(h.lanes[i], h.lanes[j]) }

func (h *laneHeap) Swap(i, j int) {
	h.lanes[i], h.lanes[j] = h.lanes[j], h.lanes[i]
	h.lanes[i].at, h.lanes[j].at = i, j
}

// Push and Pop are heap.Interface's.
func (h *laneHeap) Push(x any) {
	l := x.(*lane)
	l.at = len(h.lanes)
	h.lanes = append(h.lanes, l)
}

func (h *laneHeap) Pop() any {
	last := len(h.lanes) - 1
	l := h.lanes[last]
	h.lanes[last] = nil
	h.lanes = h.lanes[:last]
	l.in = nil
	return l
}
