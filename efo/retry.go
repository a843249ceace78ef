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

// asking says how calls that ask and change nothing are retried. What they come to is
// reported where they are made.
func asking(passes func(error) bool) *service.Retries {
	return &service.Retries{
		Reporter: &service.Reporter{Report: func(string) {}}, Passes: passes,
		Backoff: service.Backoff{First: firstBackoff, Most: mostBackoff},
	}
}

// passesLater reports whether a call that asks may pass later. What is gone, what is too
// old and what will fail again is for the caller.
func passesLater(err error) bool {
	switch classify(err) {
	case again, limited, inUse: // a stream that is being created is in use, too
		return true
	case fatal, notFound, refused, stale:
	}
	return false
}

// until is the time to a deadline, as the most that a call may take: more than 0.
func until(deadline time.Time) time.Duration {
	return max(time.Until(deadline), time.Nanosecond)
}

// named returns an error as it is: the calls name theirs.
func named(err error) error { return err }

// patiently repeats a call that asks and changes nothing until it passes, or
// until deadline.
func patiently[T any](ctx context.Context, log *slog.Logger, deadline time.Time, call func(context.Context) (T, error)) (T, error) {
	attempts := 0
	return service.Retry(ctx, asking(passesLater), until(deadline), named, func(ctx context.Context) (T, error) {
		attempts++
		v, err := service.Attempt(ctx, call)
		if err != nil && passesLater(err) {
			log.Debug("call failed", "attempt", attempts, "error", err)
		}
		return v, err
	})
}
