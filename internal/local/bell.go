package local

import "sync/atomic"

// bell wakes whoever waits for something to change. The zero bell is ready. It
// costs next to nothing to ring while nobody waits.
type bell struct{ waiting atomic.Pointer[chan struct{}] }

// next is closed by the next ring. Take it before looking at what may change,
// so that no change falls between the look and the wait.
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

// ring wakes all who wait. Ring after the change.
func (b *bell) ring() {
	if b.waiting.Load() == nil {
		return
	}
	if c := b.waiting.Swap(nil); c != nil {
		close(*c)
	}
}
