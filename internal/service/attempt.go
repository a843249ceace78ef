package service

import (
	"context"
	"time"
)

// CallTimeout is how long one attempt may take, as the KCL has it: bodies that never
// end are real.
const CallTimeout = 30 * time.Second

// Attempt makes one call and ends it after CallTimeout.
func Attempt[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	return call(ctx)
}

// AttemptUntil makes one call and ends it after CallTimeout, or at the deadline.
func AttemptUntil[T any](ctx context.Context, deadline time.Time, call func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, max(0, min(CallTimeout, time.Until(deadline))))
	defer cancel()
	return call(ctx)
}

// Sleep waits for d, or returns the cause of ctx.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
