// Package servertime checks the service's time, which kin reads from the Date of
// answers, before anything relies on it.
//
// It promises that a time it accepts lies between 2013 and 2100, and has moved
// about as far as time has passed since the one it accepted before. It does not
// promise that the first one is right: nobody else knows the service's time.
package servertime

import (
	"fmt"
	"sync"
	"time"
)

// The service began in 2013.
var (
	earliest = time.Date(2013, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Plausible reports whether the service can have had that time, or have it
// while this program is in use.
func Plausible(t time.Time) bool { return !t.Before(earliest) && t.Before(latest) }

// mostDrift is how far a Date may move more, or less, than time passes.
const maxDrift = 24 * time.Hour

// ImplausibleError means that a time of the service cannot be right.
type ImplausibleError struct{ Time time.Time }

func (e *ImplausibleError) Error() string {
	return fmt.Sprintf("the answer's Date is %s: want one between 2013 and 2100", e.Time.UTC().Format(time.RFC3339))
}

// Check accepts or refuses the Dates of one service during one run. It is safe
// for concurrent use, and the zero value is ready.
type Check struct {
	// Report takes a message for a person; nil reports nothing. It is called
	// once, by the goroutine whose Date is refused first.
	Report func(message string)

	mu        sync.Mutex       // guards the following
	now       func() time.Time // this machine's clock; nil is time.Now
	accepted  time.Time        // the last Date that was accepted; zero before the first
	stopwatch stopwatch        // started when it was accepted
	reported  bool
}

// Accept returns the Date if it may be used, else the zero time, which means
// that the answer has no usable Date. The first Date of a run decides what
// follows: where it cannot be right, Accept returns an *ImplausibleError and the
// answer is to be refused. Later ones are compared with the last one accepted,
// so that a clock that is constantly wrong is never accepted.
//
// A machine that was paused or restored may have missed time on every clock that
// only counts. A Date that is too far ahead is accepted where this machine's wall
// clock moved as far.
func (c *Check) Accept(date time.Time) (time.Time, error) {
	if date.IsZero() {
		return date, nil
	}
	c.mu.Lock()
	if c.accepted.IsZero() {
		defer c.mu.Unlock()
		if !Plausible(date) {
			return time.Time{}, &ImplausibleError{date}
		}
		c.accepted, c.stopwatch = date, c.startStopwatch()
		return date, nil
	}
	previous := c.accepted
	if Plausible(date) && c.isConsistent(date) {
		defer c.mu.Unlock()
		c.accepted, c.stopwatch = date, c.startStopwatch()
		return date, nil
	}
	first := !c.reported && c.Report != nil
	c.reported = true
	c.mu.Unlock()
	if first {
		c.Report(fmt.Sprintf("the Date of an answer jumped from %s to %s, more than 24h off the elapsed time: kin ignores such Dates",
			previous.UTC().Format(time.RFC3339), date.UTC().Format(time.RFC3339)))
	}
	return time.Time{}, nil
}

// movedTo reports whether time has passed from the last accepted Date to this
// one. It wants the lock held.
func (c *Check) isConsistent(date time.Time) bool {
	moved := date.Sub(c.accepted)
	drift := moved - c.stopwatch.elapsed()
	return drift.Abs() <= maxDrift || drift > 0 && (moved-c.wall().Sub(c.stopwatch.wall)).Abs() <= maxDrift
}

// wall is this machine's wall clock, without Go's monotonic reading.
func (c *Check) wall() time.Time {
	if c.now != nil {
		return c.now().Round(0)
	}
	return time.Now().Round(0)
}

// Now is the service's time by the last Date that was accepted; zero before the
// first one.
func (c *Check) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.accepted.IsZero() {
		return time.Time{}
	}
	return c.accepted.Add(c.stopwatch.elapsed())
}

// stopwatch measures how much time passes, the time that the machine sleeps
// included.
type stopwatch struct {
	started time.Time     // with Go's monotonic reading, which stands still meanwhile
	boot    time.Duration // what sinceBoot returned
	wall    time.Time     // the wall clock, which somebody may set
}

func (c *Check) startStopwatch() stopwatch { return stopwatch{time.Now(), sinceBoot(), c.wall()} }

// elapsed is never less than what Go's clock measures, which is all there is
// where the system has no other.
func (s stopwatch) elapsed() time.Duration {
	return max(time.Since(s.started), sinceBoot()-s.boot)
}
