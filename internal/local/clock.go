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

	// stopped is the real time since start at which it stands; 0 is none.
	stopped atomic.Int64
}

func newClock() *clock { return &clock{start: time.Now()} }

func (c *clock) now() time.Time {
	passed := time.Duration(c.stopped.Load())
	if passed == 0 {
		passed = time.Since(c.start)
	}
	return c.start.Add(passed + time.Duration(c.advanced.Load()))
}

func (c *clock) advance(d time.Duration) {
	if d > 0 {
		c.advanced.Add(int64(d))
		c.moved.ring()
	}
}

// stop lets the clock stand, but for what it is advanced by.
func (c *clock) stop() { c.stopped.CompareAndSwap(0, int64(max(time.Since(c.start), 1))) }

// resume lets it go on from where it stands.
func (c *clock) resume() {
	if at := c.stopped.Load(); at > 0 {
		c.advanced.Add(at - int64(time.Since(c.start)))
		c.stopped.Store(0)
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

// StopClock lets the endpoint's clock stand until ResumeClock, but for what Advance
// moves it: a slow machine then takes no time.
func (e *Endpoint) StopClock() { e.clock.stop() }

// ResumeClock lets the clock go on from where it stands.
func (e *Endpoint) ResumeClock() { e.clock.resume() }

// millis is the endpoint's time as the API counts it.
func (e *Endpoint) millis() int64 { return e.clock.now().UnixMilli() }
