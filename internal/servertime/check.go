// Package servertime checks the service's time before anything relies on it. kin reads that time
// from the Date of answers.
//
// An accepted time is between 2013 and 2100. It differs from the previous accepted time by about
// the elapsed time. The first time may still be wrong, because nothing else knows the service's
// time.
package servertime

import (
	"fmt"
	"sync"
	"time"
)

// The service started in 2013.
var (
	earliest = time.Date(2013, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Plausible reports whether t is between 2013 and 2100: after the start of the service, and within
// the lifetime of this program.
func Plausible(t time.Time) bool { return !t.Before(earliest) && t.Before(latest) }

// maxDrift is the maximum difference between the movement of a Date and the elapsed time.
const maxDrift = 24 * time.Hour

// ImplausibleError means that a time of the service cannot be correct.
type ImplausibleError struct{ Time time.Time }

func (e *ImplausibleError) Error() string {
	return fmt.Sprintf("the answer's Date is %s: want one between 2013 and 2100", e.Time.UTC().Format(time.RFC3339))
}

// Check accepts or rejects the Dates of one service during one run. It is safe for concurrent use.
// The zero value is ready.
type Check struct {
	// Report is called with a message for the user; nil reports nothing. It is called at most once,
	// by the goroutine of the first rejected Date.
	Report func(message string)

	mu        sync.Mutex       // guards the following
	now       func() time.Time // this machine's wall clock; nil is time.Now
	accepted  time.Time        // the last accepted Date; zero before the first
	stopwatch stopwatch        // started when accepted was set
	reported  bool
}

// Accept returns the Date if it is usable, and otherwise the zero time. The first Date of a run is
// the reference. If it is implausible, Accept returns an *ImplausibleError, and the caller must
// reject the answer. Later Dates are compared with the last accepted one. A clock that is
// constantly wrong is therefore never accepted.
//
// A machine that was paused or restored may have missed time on all its monotonic clocks. A Date
// that is too far ahead is accepted if the wall clock of this machine moved as far.
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
		c.Report(fmt.Sprintf("the service's clock jumped from %s to %s, which differs from the elapsed time by at least 24h: kin ignores such times",
			previous.UTC().Format(time.RFC3339), date.UTC().Format(time.RFC3339)))
	}
	return time.Time{}, nil
}

// isConsistent reports whether the movement from the last accepted Date to this one matches the
// elapsed time. The caller holds the lock.
func (c *Check) isConsistent(date time.Time) bool {
	moved := date.Sub(c.accepted)
	drift := moved - c.stopwatch.elapsed()
	return drift.Abs() <= maxDrift || drift > 0 && (moved-c.wall().Sub(c.stopwatch.wall)).Abs() <= maxDrift
}

// wall returns the wall clock of this machine, without Go's monotonic reading.
func (c *Check) wall() time.Time {
	if c.now != nil {
		return c.now().Round(0)
	}
	return time.Now().Round(0)
}

// Now returns the service's current time, computed from the last accepted Date. It is zero before
// the first.
func (c *Check) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.accepted.IsZero() {
		return time.Time{}
	}
	return c.accepted.Add(c.stopwatch.elapsed())
}

// stopwatch measures elapsed time, including time in which the machine sleeps.
type stopwatch struct {
	started time.Time     // with Go's monotonic reading, which may stop during sleep
	boot    time.Duration // result of sinceBoot
	wall    time.Time     // the wall clock, which the user may change
}

func (c *Check) startStopwatch() stopwatch { return stopwatch{time.Now(), sinceBoot(), c.wall()} }

// elapsed returns the elapsed time. It is at least what Go's clock measures, the only clock on some
// systems.
func (s stopwatch) elapsed() time.Duration {
	return max(time.Since(s.started), sinceBoot()-s.boot)
}
