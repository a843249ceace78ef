package service

import (
	"context"
	"errors"
	"time"
)

// StartTimeout bounds all attempts of a call whose answer somebody waits for.
const StartTimeout = 30 * time.Second

// Ask makes a call that changes nothing. Failures that may pass are retried for within,
// StartTimeout at most; after that the error is a *GaveUpError. named puts the call's
// name on the error that there is no answer yet. Errors of call have it already.
func Ask[T any](ctx context.Context, r *Retries, within time.Duration, named func(error) error, call func(context.Context) (T, error)) (T, error) {
	return Retry(ctx, r, min(max(within, time.Nanosecond), StartTimeout), named, func(ctx context.Context) (T, error) { return Attempt(ctx, call) })
}

// Retry repeats a call while its failures may pass: for r.For, or for most if that is
// shorter. most also ends the attempt in progress; 0 is no such limit. named is as in
// Ask.
func Retry[T any](ctx context.Context, r *Retries, most time.Duration, named func(error) error, call func(context.Context) (T, error)) (T, error) {
	return RetryPaged(ctx, r, most, named, func(ctx context.Context, a *Allowance) (T, error) {
		limited, cancel := a.Limit(ctx)
		defer cancel()
		return call(limited)
	})
}

// RetryPaged is Retry for a call of several pages: call limits each page by the
// allowance, and notes in it what a page brought.
func RetryPaged[T any](ctx context.Context, r *Retries, most time.Duration, named func(error) error, call func(context.Context, *Allowance) (T, error)) (T, error) {
	a := &Allowance{most: most, spent: r.Spent, since: time.Now()}
	f := NewFailures(r)
	if most > 0 && (f.most == 0 || f.most > most) {
		f.most = most
	}
	var last error // of the attempt before
	for {
		answered := f.awaiting(a, last, named)
		v, err := call(ctx, a)
		answered()
		if err == nil {
			f.Over()
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
			err = last // the allowance cut this attempt off: that says nothing of the service
		}
		last = err
		f.since, f.spent = a.begin()
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

// lastAttempt is how long before the end of its time a call is tried for the last
// time.
const lastAttempt = time.Second

// beforeEnd shortens a wait that would reach the end of the time that is left, so
// that one more attempt can be answered.
func beforeEnd(wait, left time.Duration) time.Duration {
	if wait >= left && left > lastAttempt {
		return left - lastAttempt
	}
	return wait
}
