package queue

import "container/heap"

// shardHeap is a heap of shard queues. Each queue stores its index in the heap.
type shardHeap struct {
	name   heapName
	queues []*ShardQueue
	before func(a, b *ShardQueue) bool
}

func (h *shardHeap) add(s *ShardQueue) {
	s.slot.heap = h.name
	heap.Push(h, s)
}

// fix restores the order after the queue at an index changed.
func (h *shardHeap) fix(at int) { heap.Fix(h, at) }

// remove removes the queue at an index.
func (h *shardHeap) remove(at int) { heap.Remove(h, at) }

func (h *shardHeap) Len() int           { return len(h.queues) }
func (h *shardHeap) Less(i, j int) bool { return h.before(h.queues[i], h.queues[j]) }

func (h *shardHeap) Swap(i, j int) {
	h.queues[i], h.queues[j] = h.queues[j], h.queues[i]
	h.queues[i].slot.at, h.queues[j].slot.at = i, j
}

// Push and Pop implement heap.Interface.
func (h *shardHeap) Push(x any) {
	s := x.(*ShardQueue)
	s.slot.at = len(h.queues)
	h.queues = append(h.queues, s)
}

func (h *shardHeap) Pop() any {
	last := len(h.queues) - 1
	s := h.queues[last]
	h.queues[last] = nil
	h.queues = h.queues[:last]
	s.slot.heap = noHeap
	return s
}
