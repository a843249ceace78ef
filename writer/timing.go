package writer

import (
	"context"
	"time"
)

// How long calls take, and when failures are reported.
const (
	callTimeout  = 30 * time.Second // one attempt: bodies that never end are real
	startTimeout = 30 * time.Second // all attempts of the call at the start, of at most
	startAttempt = 10 * time.Second // each
	reportAfter  = 5 * time.Second  // retries that last longer are reported
	reportEvery  = time.Minute
)

// sleep waits for d, or returns the cause of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
