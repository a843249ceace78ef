package service

import (
	"context"
	"errors"
	"time"
)

// StartTimeout bounds all attempts of a call whose answer somebody waits for.
const StartTimeout = 30 * time.Second

// Ask makes a call that changes nothing: what passes is tried again for as long as
// within says, StartTimeout at most, and then the error is a *GaveUpError. named puts the
// name of the call on an error: errors of call have it already.
func Ask[T any](ctx context.Context, r *Retries, within time.Duration, named func(error) error, call func(context.Context) (T, error)) (T, error) {
	return Retry(ctx, r, min(max(within, time.Nanosecond), StartTimeout), named, func(ctx context.Context) (T, error) { return Attempt(ctx, call) })
}

// Retry repeats a call that can be retried: for as long as a start may take, or as long
// as r allows. most, if it is not 0, bounds the attempt that is under way too. named puts
// the call's name on an error: it is for an attempt that has no answer yet, errors of call
// have the name already.
func Retry[T any](ctx context.Context, r *Retries, most time.Duration, named func(error) error, call func(context.Context) (T, error)) (T, error) {
	return RetryPaged(ctx, r, most, named, func(ctx context.Context, a *Allowance) (T, error) {
		limited, cancel := a.Limit(ctx)
		defer cancel()
		return call(limited)
	})
}

// RetryPaged is Retry for a call of several pages: it limits each page by the
// allowance, and notes what a page brought.
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
				f.report(err, 0) // its first attempt had no answer by then
			}
			return v, context.Cause(ctx)
		}
		if !r.Passes(err) {
			f.End()
			return v, err
		}
		if most > 0 && last != nil && errors.Is(err, context.DeadlineExceeded) {
			err = last // it says more than that the time of this attempt was over
		}
		last = err
		f.since, f.spent = a.begin()
		wait, err := f.Count(err)
		if err != nil {
			f.End()
			return v, err
		}
		if end, bounded := a.end(ctx); bounded {
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
