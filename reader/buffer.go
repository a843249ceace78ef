package reader

import (
	"context"
	"slices"
	"sync"
)

// buffer holds the blocks that were fetched and not yet written, in the order
// they arrived, and bounds their bytes. It never drops a block and never
// deadlocks: an empty buffer takes any block, and one block at a time may
// exceed the bound.
//
// Two kinds wait for room: sources, for what they fetch, and responses that were
// fetched, for their next block. Responses go first: they hold room already, and
// have to get on for it to be given back. While no block is on its way to the
// handler, nothing else gives room back, and one of them may exceed the bound.
type buffer struct {
	most int64

	mu      sync.Mutex
	used    int64 // bytes of blocks, of blocks being written, and reserved
	unsent  int   // blocks that were put and not yet written
	granted int   // blocks that have room, for which their response waited
	blocks  []*Block
	queue   []chan struct{} // sources that wait for room, first come first served
	slices  []chan struct{} // responses that wait for it
	closed  bool            // no block will come
	// changes has one element when something changed for the one that takes.
	changes chan struct{}
}

func newBuffer(most int64) *buffer {
	return &buffer{most: most, changes: make(chan struct{}, 1)}
}

// Take reserves size bytes for a fetch, waiting until they fit or the buffer is
// empty.
func (b *buffer) Take(ctx context.Context, size int64) error {
	return b.await(ctx, &b.queue, size, b.fits)
}

// takeSlice reserves size bytes for a block of a response that was fetched.
func (b *buffer) takeSlice(ctx context.Context, size int64) error {
	return b.await(ctx, &b.slices, size, func(size int64) bool {
		if !b.fitsSlice(size) {
			return false
		}
		b.granted++
		return true
	})
}

// await reserves size bytes as soon as it is its turn in the queue and they fit.
func (b *buffer) await(ctx context.Context, queue *[]chan struct{}, size int64, fits func(int64) bool) error {
	b.mu.Lock()
	if len(*queue) == 0 && fits(size) {
		b.used += size
		b.mu.Unlock()
		return nil
	}
	turn := make(chan struct{}, 1)
	*queue = append(*queue, turn)
	b.signal() // who waits is a reason to hand a batch on
	b.mu.Unlock()
	for {
		select {
		case <-turn:
		case <-ctx.Done():
			b.mu.Lock()
			b.leave(queue, turn)
			b.mu.Unlock()
			return context.Cause(ctx)
		}
		b.mu.Lock()
		if fits(size) {
			b.used += size
			b.leave(queue, turn)
			b.mu.Unlock()
			return nil
		}
		b.mu.Unlock()
	}
}

// tryTake reserves size bytes for an answer that a source has begun to receive, beyond
// what it took, if they fit now. It does not wait behind other sources: an answer that is
// there goes before those that were not asked for.
func (b *buffer) tryTake(size int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.slices) > 0 || b.used+size > b.most {
		return false
	}
	b.used += size
	return true
}

// charge reserves size bytes that are in memory already.
func (b *buffer) charge(size int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used += size
}

// Return gives back reserved bytes.
func (b *buffer) Return(size int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= size
	b.wake()
}

// put adds a block in place of the reservation that was made for it; granted
// says that takeSlice did.
func (b *buffer) put(block *Block, reserved int64, granted bool) {
	block.reserved = block.size()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used += block.reserved - reserved
	b.unsent++
	if granted {
		b.granted--
	}
	b.blocks = append(b.blocks, block)
	b.wake()
	b.signal()
}

// take returns the first block, or nil when there is none now. more is false
// when none will come.
func (b *buffer) take() (block *Block, more bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.blocks) == 0 {
		return nil, !b.closed
	}
	block, b.blocks[0] = b.blocks[0], nil
	b.blocks = b.blocks[1:]
	return block, true
}

// written gives back the room of blocks that were written.
func (b *buffer) written(blocks []*Block) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, block := range blocks {
		b.used -= block.reserved
	}
	b.unsent -= len(blocks)
	b.wake()
}

// full says whether somebody waits for room.
func (b *buffer) full() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.queue)+len(b.slices) > 0
}

// close says that no block will come.
func (b *buffer) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.signal()
}

// The methods below want the lock held.

func (b *buffer) fits(size int64) bool {
	return len(b.slices) == 0 && (b.used == 0 || b.used+size <= b.most)
}

func (b *buffer) fitsSlice(size int64) bool {
	return b.used+size <= b.most || b.unsent == 0 && b.granted == 0
}

// wake gives the first in each queue another look.
func (b *buffer) wake() {
	for _, queue := range [][]chan struct{}{b.slices, b.queue} {
		if len(queue) > 0 {
			select {
			case queue[0] <- struct{}{}:
			default:
			}
		}
	}
}

// leave takes one out of its queue and wakes the next.
func (b *buffer) leave(queue *[]chan struct{}, turn chan struct{}) {
	*queue = slices.DeleteFunc(*queue, func(t chan struct{}) bool { return t == turn })
	b.wake()
}

func (b *buffer) signal() {
	select {
	case b.changes <- struct{}{}:
	default:
	}
}

// mostBatch bounds a batch's bytes, with a quarter of the buffer; one block is
// always allowed.
const mostBatch = 8_000_000

// mostEscape is how many bytes one byte of a payload takes at most: \u0001.
const mostEscape = 6

// largePayload is how many bytes a payload may have whose line cannot take half of
// a buffer of a size.
func largePayload(buffer int64) int { return int(buffer / 2 / mostEscape) }

// leastSlice is the least that a block of a response is cut to.
const leastSlice = 64 << 10

// mostSlice is how many bytes a block may have in a run with a buffer of a size,
// unless one record has more.
func mostSlice(buffer int64) int { return int(max(leastSlice, min(mostBatch, buffer/8))) }
