package local

import "sync/atomic"

// bell is a broadcast: it wakes all goroutines that wait for a change. The zero bell is ready
// to use. A ring is almost free if no goroutine waits.
type bell struct{ waiting atomic.Pointer[chan struct{}] }

// next returns a channel that the next ring closes. Call it before you read the state, so that
// you miss no change between reading and waiting.
func (b *bell) next() <-chan struct{} {
	fresh := make(chan struct{})
	for {
		if c := b.waiting.Load(); c != nil {
			return *c
		}
		if b.waiting.CompareAndSwap(nil, &fresh) {
			return fresh
		}
	}
}

// ring wakes all waiting goroutines. Call it after the change.
func (b *bell) ring() {
	if b.waiting.Load() == nil {
		return
	}
	if c := b.waiting.Swap(nil); c != nil {
		close(*c)
	}
}
