package service

import (
	"context"
	"time"
)

// CallTimeout limits one attempt, as in the KCL. Response bodies that never end do occur.
const CallTimeout = 30 * time.Second

// Attempt makes one call and cancels it after CallTimeout.
func Attempt[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	return call(ctx)
}

// AttemptUntil makes one call and cancels it after CallTimeout or at the deadline.
func AttemptUntil[T any](ctx context.Context, deadline time.Time, call func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, max(0, min(CallTimeout, time.Until(deadline))))
	defer cancel()
	return call(ctx)
}

// Sleep waits for d. It returns the cause of ctx if ctx ends first.
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
