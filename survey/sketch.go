package survey

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"
)

// sketch counts the heaviest of any number of keys in a bounded amount of
// memory: the Space-Saving algorithm of Metwally, Agrawal and El Abbadi
// (2005), with weights. A key that is not counted takes the place of the
// lightest and begins with its count, so that no count is ever too low, none is
// too high by more than it says, and every key that has more than a room's part
// of all weight is counted.
type sketch struct {
	capacity int
	counters counters
	of       map[string]*counter
}

type counter struct {
	key   string
	count int64 // of its weight, at most
	over  int64 // of that, what may be others'
	at    int   // in the heap
}

func newSketch(capacity int) *sketch { return &sketch{capacity: capacity, of: map[string]*counter{}} }

// add counts a key. It keeps a copy of it.
func (s *sketch) add(key string, weight int64) {
	if c := s.of[key]; c != nil {
		c.count += weight
		heap.Fix(&s.counters, c.at)
		return
	}
	if len(s.counters) < s.capacity {
		c := &counter{key: strings.Clone(key), count: weight}
		s.of[c.key] = c
		heap.Push(&s.counters, c)
		return
	}
	lightest := s.counters[0]
	delete(s.of, lightest.key)
	lightest.key, lightest.over = strings.Clone(key), lightest.count
	lightest.count += weight
	s.of[lightest.key] = lightest
	heap.Fix(&s.counters, 0)
}

// weighed is a key and what it weighs at least.
type weighed struct {
	key    string
	weight int64
}

// heaviest are up to n keys that weigh at least so much for sure, the heaviest
// first.
func (s *sketch) heaviest(n int, least int64) []weighed {
	var found []weighed
	for _, c := range s.counters {
		if sure := c.count - c.over; sure >= max(least, 1) {
			found = append(found, weighed{c.key, sure})
		}
	}
	slices.SortFunc(found, func(a, b weighed) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), strings.Compare(a.key, b.key))
	})
	return found[:min(n, len(found))]
}

// counters is a heap, the lightest on top.
type counters []*counter

func (h counters) Len() int           { return len(h) }
func (h counters) Less(i, j int) bool { return h[i].count < h[j].count }

func (h counters) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

func (h *counters) Push(x any) {
	c := x.(*counter)
	c.at = len(*h)
	*h = append(*h, c)
}

func (h *counters) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
