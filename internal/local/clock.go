package local

import (
	"sync/atomic"
	"time"
)

// clock is the real time since its start plus the durations it was advanced by. It never runs
// backwards, even if the machine's wall clock does.
type clock struct {
	start    time.Time // with a monotonic reading
	advanced atomic.Int64
	moved    bell

	// stopped is the real time since start at which the clock was stopped; 0 = it runs.
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

// stop stops the clock. advance still moves it.
func (c *clock) stop() { c.stopped.CompareAndSwap(0, int64(max(time.Since(c.start), 1))) }

// resume starts the clock again at its current time.
func (c *clock) resume() {
	if at := c.stopped.Load(); at > 0 {
		c.advanced.Add(at - int64(time.Since(c.start)))
		c.stopped.Store(0)
	}
}

// Now returns the endpoint's time. Timestamps, expiry, retention, limits and the Date header of
// every response use it.
func (e *Endpoint) Now() time.Time { return e.clock.now() }

// Advance moves the endpoint's clock forward. A negative duration does nothing. Iterators and
// tokens expire, records leave retention, token buckets fill, statuses change and
// subscriptions end as if the time had passed. Only a latency fault waits in real time.
func (e *Endpoint) Advance(d time.Duration) { e.clock.advance(d) }

// StopClock stops the endpoint's clock until ResumeClock. Advance still moves it. A test then
// does not depend on the speed of the machine.
func (e *Endpoint) StopClock() { e.clock.stop() }

// ResumeClock starts the clock again at its current time.
func (e *Endpoint) ResumeClock() { e.clock.resume() }

// millis returns the endpoint's time in milliseconds since 1970.
func (e *Endpoint) millis() int64 { return e.clock.now().UnixMilli() }
