package transfer

import (
	"context"
	"fmt"
	"time"

	"github.com/xhit/go-str2duration/v2"
)

// abandonAfterGrace gives the writer up when over has ended and the grace too, at
// once where the run waits for it and it has not begun, and calls slow when it
// takes longer. The function it returns must be called in the end.
func (c *Copier) abandonAfterGrace(over context.Context, slow func()) func() {
	written, end := context.WithCancel(context.WithoutCancel(over))
	stop := context.AfterFunc(over, func() {
		if c.isWaitedFor() && !c.w.Began() { // no request was sent
			c.w.Abandon()
			return
		}
		later, expired := time.After(time.Second), time.After(c.o.Grace)
		for {
			select {
			case <-later:
				if !c.idle() {
					slow()
				}
			case <-expired:
				c.w.Abandon()
				return
			case <-written.Done():
				return
			}
		}
	})
	return func() { stop(); end() }
}

// unfinishedError means that a run's time was over, and the grace too, while a
// batch was being written.
type unfinishedError struct {
	within, grace time.Duration
	saved         string // the file of --failed, which has what was not written; empty without
	last          error  // of a call that failed at that time; nil when none did
}

func (e *unfinishedError) Error() string {
	return withFailure(fmt.Sprintf("--timeout %s expired, and a batch was not written within %s more", str2duration.String(e.within), str2duration.String(e.grace)), e.last)
}

func (e *unfinishedError) Unwrap() error { return e.last }

// withFailure is the message about an end, with the call that failed at that time.
func withFailure(message string, last error) string {
	if last == nil {
		return message
	}
	return message + ": " + last.Error()
}

// Hint says what to do next.
func (e *unfinishedError) Hint() string {
	if e.saved != "" {
		return "the records that were not written are in " + e.saved + ": write them with kin write --input records"
	}
	return "raise --timeout or --grace; with a checkpoint the next run writes the batch again"
}

// GaveUp is true: it ends with the code of a time that was over.
func (e *unfinishedError) GaveUp() bool { return true }

// unbegunError means that a run's time was over before the first request.
type unbegunError struct {
	within time.Duration
	last   error // of a call that failed at that time; nil when none did
}

func (e *unbegunError) Error() string {
	return withFailure(fmt.Sprintf("--timeout %s expired before anything was written", str2duration.String(e.within)), e.last)
}

func (e *unbegunError) Unwrap() error { return e.last }

// Hint says what to look at.
func (e *unbegunError) Hint() string {
	return "check that the destination exists, --dst-region and --dst-endpoint, or raise --timeout"
}

// GaveUp is true: it ends with the code of a time that was over.
func (e *unbegunError) GaveUp() bool { return true }

// UnbegunWithin is the error of a run whose time was over before the first request.
func UnbegunWithin(within time.Duration) error { return &unbegunError{within: within} }
