package transfer

import (
	"context"
	"fmt"
	"time"

	"github.com/xhit/go-str2duration/v2"
)

// abandonAfterGrace abandons the writer once stopping is done and the grace period has passed.
// It does so at once if no request was sent and the run waits for the writer. If finishing
// the batch takes longer than a second, it calls slow. The returned function must be called
// in the end.
func (c *Copier) abandonAfterGrace(stopping context.Context, slow func()) func() {
	written, end := context.WithCancel(context.WithoutCancel(stopping))
	stop := context.AfterFunc(stopping, func() {
		if c.isWaitedFor() && !c.w.Began() { // no request was sent
			c.w.Abandon()
			return
		}
		slowTimer, expired := time.After(time.Second), time.After(c.o.Grace)
		for {
			select {
			case <-slowTimer:
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

// unfinishedError means that the run's time and the grace period expired while a batch was
// being written.
type unfinishedError struct {
	within, grace time.Duration
	saved         string // the --failed file with the records that were not written; empty if there is none
	last          error  // error of a call that was failing at that time; nil if none was
}

func (e *unfinishedError) Error() string {
	return withFailure(fmt.Sprintf("--timeout %s expired, and a batch was not written within a further %s (--grace)", str2duration.String(e.within), str2duration.String(e.grace)), e.last)
}

func (e *unfinishedError) Unwrap() error { return e.last }

// withFailure adds the error of a failing call to a message.
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

// GaveUp returns true, which selects the exit code for an expired time.
func (e *unfinishedError) GaveUp() bool { return true }

// notStartedError means that the run's time expired before the first request.
type notStartedError struct {
	within time.Duration
	last   error // error of a call that was failing at that time; nil if none was
}

func (e *notStartedError) Error() string {
	return withFailure(fmt.Sprintf("--timeout %s expired before anything was written", str2duration.String(e.within)), e.last)
}

func (e *notStartedError) Unwrap() error { return e.last }

// Hint says what to check.
func (e *notStartedError) Hint() string {
	return "check the name of the destination, --dst-region and --dst-endpoint, or raise --timeout"
}

// GaveUp returns true, which selects the exit code for an expired time.
func (e *notStartedError) GaveUp() bool { return true }

// NotStartedError returns the error of a run whose time expired before the first request.
func NotStartedError(within time.Duration) error { return &notStartedError{within: within} }
