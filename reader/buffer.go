package reader

import (
	"context"
	"sync"
)

// buffer holds the blocks that were fetched and not yet written, in the order
// they arrived, and bounds their bytes. It never drops a block and never
// deadlocks: an empty buffer takes any block, and one block at a time may
// exceed the bound.
type buffer struct {
	most int64

	mu     sync.Mutex
	used   int64 // bytes of blocks, of blocks being written, and reserved
	blocks []*Block
	queue  []chan struct{} // those who wait for room, first come first served
	closed bool            // no block will come
	// news has one element when something changed for the one that takes.
	news chan struct{}
}

func newBuffer(most int64) *buffer {
	return &buffer{most: most, news: make(chan struct{}, 1)}
}

// Take reserves size bytes, waiting until they fit or the buffer is empty.
func (b *buffer) Take(ctx context.Context, size int64) error {
	b.mu.Lock()
	if len(b.queue) == 0 && b.fits(size) {
		b.used += size
		b.mu.Unlock()
		return nil
	}
	turn := make(chan struct{}, 1)
	b.queue = append(b.queue, turn)
	b.tell() // a waiting source is a reason to hand a batch on
	b.mu.Unlock()
	for {
		select {
		case <-turn:
		case <-ctx.Done():
			b.mu.Lock()
			b.leave(turn)
			b.mu.Unlock()
			return context.Cause(ctx)
		}
		b.mu.Lock()
		if b.fits(size) {
			b.used += size
			b.leave(turn)
			b.mu.Unlock()
			return nil
		}
		b.mu.Unlock()
	}
}

// Return gives back reserved bytes.
func (b *buffer) Return(size int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= size
	b.wake()
}

// put adds a block in place of the reservation that was made for it.
func (b *buffer) put(block *Block, reserved int64) {
	block.room = block.size()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used += block.room - reserved
	b.blocks = append(b.blocks, block)
	b.wake()
	b.tell()
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
		b.used -= block.room
	}
	b.wake()
}

// full says whether somebody waits for room.
func (b *buffer) full() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.queue) > 0
}

// close says that no block will come.
func (b *buffer) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.tell()
}

// The methods below want the lock held.

func (b *buffer) fits(size int64) bool { return b.used == 0 || b.used+size <= b.most }

// wake gives the first in the queue another look.
func (b *buffer) wake() {
	if len(b.queue) > 0 {
		select {
		case b.queue[0] <- struct{}{}:
		default:
		}
	}
}

// leave takes one out of the queue and wakes the next.
func (b *buffer) leave(turn chan struct{}) {
	for i, t := range b.queue {
		if t == turn {
			b.queue = append(b.queue[:i], b.queue[i+1:]...)
			break
		}
	}
	b.wake()
}

func (b *buffer) tell() {
	select {
	case b.news <- struct{}{}:
	default:
	}
}
