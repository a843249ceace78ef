package service

import (
	"testing"
	"time"
)

func TestWaitsGrowUpToTheLimit(t *testing.T) {
	for _, c := range []struct {
		back     Backoff
		min, max []time.Duration // of the first waits; the last one is for all later waits
	}{
		{Backoff{First: 200 * time.Millisecond, Most: time.Second},
			[]time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, 500 * time.Millisecond},
			[]time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, time.Second}},
		{Backoff{First: time.Second, Most: 5 * time.Second, Wide: true},
			[]time.Duration{0, 0, 0, 5 * time.Second},
			[]time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second}},
	} {
		for range 100 {
			c.back.Reset()
			for i := range 100 {
				n := min(i, len(c.max)-1)
				if wait := c.back.Next(); wait < c.min[n] || wait > c.max[n] || c.back.Attempts() != i+1 {
					t.Fatalf("wait %d after %d attempts: %s", i, c.back.Attempts(), wait)
				}
			}
		}
	}
}
