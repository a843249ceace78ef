package reader

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestBufferLimitsReservations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBuffer(100)
		if err := b.Reserve(t.Context(), 1000); err != nil { // an empty buffer takes any size
			t.Fatal(err)
		}
		took := make(chan int64, 3)
		for i, size := range []int64{60, 30, 20} {
			go func() {
				time.Sleep(time.Duration(i) * time.Second) // wait in this order
				if err := b.Reserve(t.Context(), size); err != nil {
					t.Error(err)
				}
				took <- size
			}()
		}
		time.Sleep(5 * time.Second)
		if len(took) != 0 || !b.full() {
			t.Fatal("took more beside a block that fills the buffer")
		}
		b.Release(1000)
		synctest.Wait()
		if n, first, second := len(took), <-took, <-took; n != 2 || first != 60 || second != 30 {
			t.Fatalf("took %d, and %d and %d first, want 60 and 30, and no more", n, first, second)
		}
		b.Release(30)
		if last := <-took; last != 20 || b.full() {
			t.Errorf("took %d, full %t, want 20 and nobody waiting", last, b.full())
		}
	})
}

func TestBufferRemovesACancelledWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBuffer(10)
		if err := b.Reserve(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.Reserve(ctx, 10); err == nil {
			t.Fatal("took more than there is")
		}
		got := make(chan error)
		go func() { got <- b.Reserve(t.Context(), 10) }()
		synctest.Wait()
		b.Release(10)
		if err := <-got; err != nil {
			t.Fatal(err)
		}
	})
}

func TestBufferCountsABlockUntilItIsWritten(t *testing.T) {
	b := newBuffer(1000)
	if err := b.Reserve(t.Context(), 900); err != nil {
		t.Fatal(err)
	}
	b.put(&Block{Data: make([]byte, 600)}, 900, false)
	block, _ := b.take()
	if b.used != 600 {
		t.Errorf("%d bytes used while the block is being written, want 600", b.used)
	}
	b.written([]*Block{block})
	b.close()
	if _, more := b.take(); b.used != 0 || more {
		t.Errorf("%d bytes used at the end, more %t", b.used, more)
	}
}
