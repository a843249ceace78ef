package efo

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"kin/internal/paging"
	"kin/internal/service"
)

// verdict is how to handle a failed call.
type verdict int

const (
	fatal       verdict = iota // it would fail again
	retry                      // temporary: repeat the same call
	limited                    // too many calls, or too many consumers
	inUse                      // the stream or the consumer is in another state
	notFound                   // no such consumer, shard or stream
	badPosition                // the service refused the position
	relist                     // the token of a list expired or repeats: start the list again
)

// classify returns how to handle the error of a call.
func classify(err error) verdict {
	var none *NoConsumersError
	if errors.As(err, &none) {
		return fatal
	}
	switch service.ClassOf(err) {
	case service.Throttled:
		if service.Code(err) == service.CodeLimit {
			return limited // one code for three limits: 5 or 20 calls a second, 5 consumers CREATING, 20 or 50 consumers in all
		}
		return retry // too many calls of the whole account
	case service.InUse:
		return inUse // the name is taken, or something is CREATING or DELETING
	case service.Unanswered:
		if paging.IsEndless(err) {
			return relist
		}
		return retry
	case service.Transient, service.Unsent:
		return retry
	case service.Expired:
		return relist
	case service.Refused:
		if service.Code(err) == service.CodeArgument {
			return badPosition // of a position in a shard; any other error would repeat
		}
		return fatal
	case service.Missing:
		return notFound
	case service.Denied, service.Unauthentic, service.Key, service.Unsupported, service.Unsendable, service.Unknown:
	}
	return fatal // the same call would fail later too
}

// Waits between attempts.
const (
	firstBackoff        = 200 * time.Millisecond
	maxBackoff          = 5 * time.Second
	firstDescribeWait   = 200 * time.Millisecond // while a consumer is CREATING or DELETING, which takes about 30 s
	maxDescribeWait     = 2 * time.Second        // a stream allows 20 DescribeStreamConsumer calls a second for all callers
	lastDescribeTimeout = 2 * time.Second        // the minimum time for the last call of a wait
	limitBackoff        = time.Second            // limits are per second
)

// retries describes how a call that changes nothing is retried. The call itself reports its
// failures. passes says which errors a retry can fix.
func retries(passes func(error) bool) *service.Retries {
	return &service.Retries{
		Reporter: &service.Reporter{Report: func(string) {}}, Passes: passes,
		Backoff: service.Backoff{First: firstBackoff, Most: maxBackoff},
	}
}

// isTemporary reports whether a retry can fix the error. The caller handles all other errors.
func isTemporary(err error) bool {
	switch classify(err) {
	case retry, limited, inUse: // also while the stream is being created
		return true
	case fatal, notFound, badPosition, relist:
	}
	return false
}

// until returns the time until the deadline, at least 1 ns.
func until(deadline time.Time) time.Duration {
	return max(time.Until(deadline), time.Nanosecond)
}

// unchanged returns the error as it is: the call has already added its name.
func unchanged(err error) error { return err }

// retryUntil repeats a call that changes nothing, until it succeeds or the deadline passes. Errors
// that a retry cannot fix are returned at once.
func retryUntil[T any](ctx context.Context, log *slog.Logger, deadline time.Time, call func(context.Context) (T, error)) (T, error) {
	attempts := 0
	return service.Retry(ctx, retries(isTemporary), until(deadline), unchanged, func(ctx context.Context) (T, error) {
		attempts++
		v, err := service.Attempt(ctx, call)
		if err != nil && isTemporary(err) {
			log.Debug("call failed", "attempt", attempts, "error", err)
		}
		return v, err
	})
}
