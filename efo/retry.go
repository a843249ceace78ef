package efo

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"kin/internal/paging"
	"kin/internal/service"
)

// verdict is what to do about a call that failed.
type verdict int

const (
	fatal    verdict = iota // it will fail again
	again                   // passing: the same call once more
	limited                 // too many calls, or too many consumers
	inUse                   // the stream or the consumer is not in the state for it
	notFound                // no such consumer, shard or stream
	refused                 // the position was not accepted
	stale                   // a list cannot go on, because its token is too old or comes twice: it begins again
)

// classify decides what is done about an error of a call that failed.
func classify(err error) verdict {
	var none *NoConsumersError
	if errors.As(err, &none) {
		return fatal
	}
	switch service.ClassOf(err) {
	case service.Throttled:
		if service.Code(err) == service.CodeLimit {
			return limited // 5 or 20 calls a second, 5 consumers CREATING, 20 or 50 in all: the code is one
		}
		return again // too many calls of all of the account together
	case service.InUse:
		return inUse // the name is taken, or something is CREATING or DELETING
	case service.Unanswered:
		if paging.IsEndless(err) {
			return stale
		}
		return again
	case service.Transient, service.Unsent:
		return again
	case service.Expired:
		return stale
	case service.Refused:
		if service.Code(err) == service.CodeArgument {
			return refused // of a position in a shard; anything else will fail again
		}
		return fatal
	case service.Missing:
		return notFound
	case service.Denied, service.Unauthentic, service.Key, service.Unsupported, service.Unsendable, service.Unknown:
	}
	return fatal // the same call will not pass later
}

// Waits between attempts.
const (
	firstBackoff = 200 * time.Millisecond
	mostBackoff  = 5 * time.Second
	firstLook    = 200 * time.Millisecond // at a consumer that is CREATING or DELETING, which takes half a minute
	mostLook     = 2 * time.Second        // a stream has 20 looks a second for all who look
	lastLook     = 2 * time.Second        // the least that the look at the end of a wait has for its answer
	limitBackoff = time.Second            // a rate a second is over after that
)

// patiently repeats a call that asks and changes nothing until it passes, or
// until deadline. What is gone, what is too old and what will fail again is for
// the caller.
func patiently[T any](ctx context.Context, log *slog.Logger, deadline time.Time, call func(context.Context) (T, error)) (T, error) {
	began := time.Now()
	back := service.Backoff{First: firstBackoff, Most: mostBackoff}
	var last error // of the attempt before
	for {
		v, err := service.AttemptUntil(ctx, deadline, call)
		if err == nil {
			return v, nil
		}
		if ctx.Err() != nil {
			return v, context.Cause(ctx)
		}
		switch classify(err) {
		case again, limited, inUse: // a stream that is being created is in use, too
		case fatal, notFound, refused, stale:
			return v, err
		}
		left := time.Until(deadline)
		if left <= 0 && last != nil && errors.Is(err, context.DeadlineExceeded) {
			err = last // which says more than that the time of this one was over
		}
		last = err
		if left <= 0 {
			return v, &service.GaveUpError{After: time.Since(began), Err: err}
		}
		wait := min(back.Next(), left)
		log.Debug("call failed", "attempt", back.Attempts(), "wait", wait, "error", err)
		if err := service.Sleep(ctx, wait); err != nil {
			return v, err
		}
	}
}
