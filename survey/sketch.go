package survey

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"
)

// sketch counts the heaviest of any number of keys in bounded memory. It is the Space-Saving
// algorithm of Metwally, Agrawal and El Abbadi (2005), with weights.
//
// A new key replaces the lightest counter and starts with its count. So no count is too low, and
// none is too high by more than its overcount. Every key with more than 1/capacity of the total
// weight has a counter.
type sketch struct {
	capacity int
	counters counters
	byKey    map[string]*counter
}

type counter struct {
	key       string
	count     int64 // of its weight, at most
	overcount int64 // the part of count that may belong to other keys
	index     int   // position in the heap
}

func newSketch(capacity int) *sketch {
	return &sketch{capacity: capacity, byKey: map[string]*counter{}}
}

// add counts a key. It stores a copy.
func (s *sketch) add(key string, weight int64) {
	if c := s.byKey[key]; c != nil {
		c.count += weight
		heap.Fix(&s.counters, c.index)
		return
	}
	if len(s.counters) < s.capacity {
		c := &counter{key: strings.Clone(key), count: weight}
		s.byKey[c.key] = c
		heap.Push(&s.counters, c)
		return
	}
	lightest := s.counters[0]
	delete(s.byKey, lightest.key)
	lightest.key, lightest.overcount = strings.Clone(key), lightest.count
	lightest.count += weight
	s.byKey[lightest.key] = lightest
	heap.Fix(&s.counters, 0)
}

// keyWeight is a key and the minimum of its weight.
type keyWeight struct {
	key    string
	weight int64
}

// heaviest returns up to n keys whose weight is certainly at least least, the heaviest first.
func (s *sketch) heaviest(n int, least int64) []keyWeight {
	var found []keyWeight
	for _, c := range s.counters {
		if sure := c.count - c.overcount; sure >= max(least, 1) {
			found = append(found, keyWeight{c.key, sure})
		}
	}
	slices.SortFunc(found, func(a, b keyWeight) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), strings.Compare(a.key, b.key))
	})
	return found[:min(n, len(found))]
}

// counters is a heap with the lightest counter on top.
type counters []*counter

func (h counters) Len() int           { return len(h) }
func (h counters) Less(i, j int) bool { return h[i].count < h[j].count }

func (h counters) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *counters) Push(x any) {
	c := x.(*counter)
	c.index = len(*h)
	*h = append(*h, c)
}

func (h *counters) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
