package local

import (
	"sync/atomic"
	"time"
)

// clock is real time from a start plus what it has been advanced by. It never
// runs backwards, whatever the machine's wall clock does.
type clock struct {
	start    time.Time // with a monotonic reading
	advanced atomic.Int64
	moved    bell
}

func newClock() *clock { return &clock{start: time.Now()} }

func (c *clock) now() time.Time {
	return c.start.Add(time.Since(c.start) + time.Duration(c.advanced.Load()))
}

func (c *clock) advance(d time.Duration) {
	if d > 0 {
		c.advanced.Add(int64(d))
		c.moved.ring()
	}
}

// Now is the endpoint's time. Timestamps, expiry, retention, limits and the
// Date header of every response follow it.
func (e *Endpoint) Now() time.Time { return e.clock.now() }

// Advance moves the endpoint's clock forward; a negative duration does
// nothing. Iterators and tokens expire, records leave retention, token buckets
// fill, statuses change and subscriptions end as if the time had passed. A
// latency fault waits in real time all the same.
func (e *Endpoint) Advance(d time.Duration) { e.clock.advance(d) }

// millis is the endpoint's time as the API counts it.
func (e *Endpoint) millis() int64 { return e.clock.now().UnixMilli() }
