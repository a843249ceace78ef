package reader

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// patiently repeats a call that can be retried: for as long as a start may
// take, or as long as the run lets it. most, if it is not 0, bounds the attempt that is
// under way too. named puts the call's name on an error: it is for an attempt that has no
// answer yet, errors of call have the name already.
func patiently[T any](ctx context.Context, r *session, most time.Duration, named func(error) error, call func(context.Context) (T, error)) (T, error) {
	return patientlyPaged(ctx, r, most, named, func(ctx context.Context, a *allowance) (T, error) {
		limited, cancel := a.limit(ctx)
		defer cancel()
		return call(limited)
	})
}

// patientlyPaged is patiently for a call of several pages: it limits each page by the
// allowance, and notes what a page brought.
func patientlyPaged[T any](ctx context.Context, r *session, most time.Duration, named func(error) error, call func(context.Context, *allowance) (T, error)) (T, error) {
	a := &allowance{most: most, since: time.Now()}
	f := newFailures(r)
	if most > 0 && (f.most == 0 || f.most > most) {
		f.most = most
	}
	var last error // of the attempt before
	for {
		answered := f.awaiting(a, last, named)
		v, err := call(ctx, a)
		answered()
		if err == nil {
			f.over()
			return v, nil
		}
		if ctx.Err() != nil {
			if last == nil {
				r.trouble.failed(&f, err, 0) // its first attempt had no answer by then
			}
			return v, context.Cause(ctx)
		}
		switch classify(err) {
		case again, throttled, expired:
		case fatal, refused, gone:
			f.end()
			return v, err
		}
		if most > 0 && last != nil && errors.Is(err, context.DeadlineExceeded) {
			err = last // it says more than that the time of this attempt was over
		}
		last, f.since = err, a.begin()
		wait, err := f.count(err)
		if err != nil {
			f.end()
			return v, err
		}
		if end, bounded := a.end(ctx); bounded {
			wait = beforeEnd(wait, time.Until(end))
		}
		if err := sleepUntil(ctx, time.Now().Add(wait)); err != nil {
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

// awaiting reports an attempt that has no answer when the allowance has lasted for
// troubleAfter, with what the attempt before came to. The function that it returns is to
// be called when the attempt has ended.
func (f *failures) awaiting(a *allowance, last error, named func(error) error) (answered func()) {
	if last == nil {
		last = named(fmt.Errorf("no answer from the service for %s", troubleAfter))
	}
	noted := make(chan struct{})
	stop := a.notify(func() {
		defer close(noted)
		f.run.trouble.failed(f, last, troubleAfter)
	})
	return func() {
		if !stop() {
			<-noted
			f.since = a.begin() // so that its end is reported
		}
	}
}
