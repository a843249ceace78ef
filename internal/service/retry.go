package service

import (
	"context"
	"errors"
	"time"
)

// StartTimeout is the most time that all attempts of one call together may take while the user
// waits for its answer.
const StartTimeout = 30 * time.Second

// RetryRead makes a read-only call. It retries for at most limit, and never longer than
// StartTimeout. After that the error is a *GaveUpError. named adds the name of the call to the
// error NoAnswer; the errors that call returns must contain that name already. If ctx ends, the
// error is its cause.
func RetryRead[T any](ctx context.Context, r *Retries, limit time.Duration, named func(error) error, call func(context.Context) (T, error)) (T, error) {
	return Retry(ctx, r, min(max(limit, time.Nanosecond), StartTimeout), named, func(ctx context.Context) (T, error) { return Attempt(ctx, call) })
}

// Retry repeats a call until it succeeds or r.Passes is false for its error. After r.For, or
// after limit if that is shorter, the error is a *GaveUpError. limit also ends the current
// attempt; 0 means no such limit. named is as in RetryRead. If ctx ends, the error is its cause.
func Retry[T any](ctx context.Context, r *Retries, limit time.Duration, named func(error) error, call func(context.Context) (T, error)) (T, error) {
	return RetryPaged(ctx, r, limit, named, func(ctx context.Context, a *Allowance) (T, error) {
		limited, cancel := a.Limit(ctx)
		defer cancel()
		return call(limited)
	})
}

// RetryPaged is Retry for a call with several pages. call must limit each page with
// Allowance.Limit and note the items received with Allowance.Advanced.
func RetryPaged[T any](ctx context.Context, r *Retries, limit time.Duration, named func(error) error, call func(context.Context, *Allowance) (T, error)) (T, error) {
	a := &Allowance{limit: limit, spent: r.Spent, since: time.Now()}
	f := NewFailures(r)
	if limit > 0 && (f.limit == 0 || f.limit > limit) {
		f.limit = limit
	}
	var last error // of the previous attempt
	for {
		answered := f.awaiting(a, last, named)
		v, err := call(ctx, a)
		answered()
		if err == nil {
			f.Succeeded()
			return v, nil
		}
		if ctx.Err() != nil {
			if last == nil {
				f.report(err, 0) // the first attempt was cut off
			}
			return v, context.Cause(ctx)
		}
		if !r.Passes(err) {
			f.End()
			return v, err
		}
		if end, bounded := a.End(ctx); bounded && !time.Now().Before(end) && last != nil && errors.Is(err, context.DeadlineExceeded) {
			err = last // the allowance ended this attempt, so its error is not about the service
		}
		last = err
		f.since, f.spent = a.start()
		wait, err := f.Count(err)
		if err != nil {
			f.End()
			return v, err
		}
		if end, bounded := a.End(ctx); bounded {
			wait = beforeEnd(wait, time.Until(end))
		}
		if err := Sleep(ctx, wait); err != nil {
			return v, err
		}
	}
}

// lastAttempt is the time that remains for the last attempt of a call.
const lastAttempt = time.Second

// beforeEnd shortens a wait that would use all of the remaining time, so that one more attempt
// is possible.
func beforeEnd(wait, remaining time.Duration) time.Duration {
	if wait >= remaining && remaining > lastAttempt {
		return remaining - lastAttempt
	}
	return wait
}
