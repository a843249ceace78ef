package reader

import (
	"context"
	"slices"
	"sync"
)

// buffer holds the blocks that were fetched and not yet written, in the order they arrived, and
// limits their bytes. It never drops a block and never deadlocks: an empty buffer takes any block,
// and one block at a time may exceed the limit.
//
// Sources wait for space for a fetch. Fetched responses wait for space for their next block.
// Responses go first: they hold space already and release it only when they proceed. While no block
// waits to be written, nothing else releases space, so one response may exceed the limit.
type buffer struct {
	limit int64

	mu      sync.Mutex // guards the following
	used    int64      // bytes of blocks, of blocks being written, and reserved
	unsent  int        // blocks that were put and not yet written
	granted int        // blocks with space that their response waited for
	blocks  []*Block
	queue   []chan struct{} // sources that wait for space, first in, first out
	slices  []chan struct{} // responses that wait for space
	closed  bool            // no block will follow
	// changes holds one element if something changed for the caller of take.
	changes chan struct{}
}

func newBuffer(limit int64) *buffer {
	return &buffer{limit: limit, changes: make(chan struct{}, 1)}
}

// Reserve reserves size bytes for a fetch. It waits until they fit or the buffer is empty.
func (b *buffer) Reserve(ctx context.Context, size int64) error {
	return b.await(ctx, &b.queue, size, b.fits)
}

// reserveSlice reserves size bytes for a block of a response that was fetched.
func (b *buffer) reserveSlice(ctx context.Context, size int64) error {
	return b.await(ctx, &b.slices, size, func(size int64) bool {
		if !b.fitsSlice(size) {
			return false
		}
		b.granted++
		return true
	})
}

// await reserves size bytes as soon as they fit and it is first in the queue.
func (b *buffer) await(ctx context.Context, queue *[]chan struct{}, size int64, fits func(int64) bool) error {
	b.mu.Lock()
	if len(*queue) == 0 && fits(size) {
		b.used += size
		b.mu.Unlock()
		return nil
	}
	turn := make(chan struct{}, 1)
	*queue = append(*queue, turn)
	b.signal() // the collector flushes its batch if somebody waits
	b.mu.Unlock()
	for {
		select {
		case <-turn:
		case <-ctx.Done():
			b.mu.Lock()
			b.removeWaiter(queue, turn)
			b.mu.Unlock()
			return context.Cause(ctx)
		}
		b.mu.Lock()
		if fits(size) {
			b.used += size
			b.removeWaiter(queue, turn)
			b.mu.Unlock()
			return nil
		}
		b.mu.Unlock()
	}
}

// tryReserve reserves size more bytes for an answer that is arriving, if they fit now. It does not
// wait behind other sources: an answer that is already here goes before fetches that have not
// started.
func (b *buffer) tryReserve(size int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.slices) > 0 || b.used+size > b.limit {
		return false
	}
	b.used += size
	return true
}

// charge reserves size bytes that are already in memory.
func (b *buffer) charge(size int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used += size
}

// Release releases reserved bytes.
func (b *buffer) Release(size int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= size
	b.wake()
}

// put adds a block in place of the space that was reserved for it. granted means that reserveSlice
// reserved that space.
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

// take returns the first block, or nil if there is none now. more is false if none will follow.
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

// written releases the space of blocks that were written.
func (b *buffer) written(blocks []*Block) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, block := range blocks {
		b.used -= block.reserved
	}
	b.unsent -= len(blocks)
	b.wake()
}

// full reports whether somebody waits for space.
func (b *buffer) full() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.queue)+len(b.slices) > 0
}

// close means that no block will follow.
func (b *buffer) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.signal()
}

// The caller of the following methods holds the lock.

func (b *buffer) fits(size int64) bool {
	return len(b.slices) == 0 && (b.used == 0 || b.used+size <= b.limit)
}

func (b *buffer) fitsSlice(size int64) bool {
	return b.used+size <= b.limit || b.unsent == 0 && b.granted == 0
}

// wake lets the first in each queue check for space again.
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

// removeWaiter removes turn from its queue and wakes the next.
func (b *buffer) removeWaiter(queue *[]chan struct{}, turn chan struct{}) {
	*queue = slices.DeleteFunc(*queue, func(t chan struct{}) bool { return t == turn })
	b.wake()
}

func (b *buffer) signal() {
	select {
	case b.changes <- struct{}{}:
	default:
	}
}

// maxBatchBytes limits a batch's bytes, together with a quarter of the buffer. One block is always
// allowed.
const maxBatchBytes = 8_000_000

// maxEscape is the largest number of bytes for one byte of a payload: \u0001.
const maxEscape = 6

// largePayload is the largest payload whose line cannot take half of a buffer of that size.
func largePayload(buffer int64) int { return int(buffer / 2 / maxEscape) }

// minSlice is the smallest limit for a block of a response.
const minSlice = 64 << 10

// maxSlice is the limit in bytes of a block, for a buffer of that size. One larger record still
// fits.
func maxSlice(buffer int64) int { return int(max(minSlice, min(maxBatchBytes, buffer/8))) }
