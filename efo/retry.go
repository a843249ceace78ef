package efo

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"kin/internal/apierror"
	"kin/internal/paging"
	"kin/reader"
)

// verdict is what to do about a call that failed.
type verdict int

const (
	fatal   verdict = iota // it will fail again
	again                  // passing: the same call once more
	limited                // too many calls, or too many consumers
	inUse                  // the stream or the consumer is not in the state for it
	gone                   // no such consumer, shard or stream
	refused                // the position was not accepted
	stale                  // a list cannot go on, because its token is too old or comes twice: it begins again
)

// classify decides, by error code, what a failed call means. Errors without a
// code come from the way to the service and back, and pass.
func classify(err error) verdict {
	var none *NoConsumersError
	if errors.As(err, &none) {
		return fatal
	}
	if apierror.IsPermanent(err) {
		return fatal // no credentials, or a proxy that refuses
	}
	var api smithy.APIError
	if apierror.IsUnsent(err) {
		return again // the source of the credentials, or the proxy, may be back later
	}
	if !errors.As(err, &api) {
		var params smithy.InvalidParamsError
		var serialization *smithy.SerializationError
		if errors.As(err, &params) || errors.As(err, &serialization) {
			return fatal // our own arguments never left this process
		}
		if paging.IsEndless(err) {
			return stale
		}
		return again
	}
	switch api.ErrorCode() {
	case "LimitExceededException":
		return limited // 5 or 20 calls a second, 5 consumers CREATING, 20 or 50 in all: the code is one
	case "ResourceInUseException":
		return inUse // the name is taken, or something is CREATING or DELETING
	case "ResourceNotFoundException":
		return gone
	case "InvalidArgumentException":
		return refused // of a position in a shard; anything else will fail again
	case "ExpiredNextTokenException":
		return stale // it lives 300 s
	case "KMSThrottlingException", "ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException",
		"ProvisionedThroughputExceededException":
		return again // too many calls of all of the account together
	case "InternalFailure", "InternalFailureException", "InternalServerError", "InternalServiceError",
		"ServiceUnavailable", "ServiceUnavailableException", "RequestTimeout", "RequestTimeoutException":
		return again // theirs, and passing
	case "UnknownError":
		return again // an answer with an error status that is not one of Kinesis: a proxy's page
	}
	var answer *smithyhttp.ResponseError
	if errors.As(err, &answer) && answer.HTTPStatusCode() >= 500 {
		return again
	}
	return fatal // access, keys, validation: the same call will not pass later
}

// Waits between attempts.
const (
	callTimeout  = 30 * time.Second // one attempt, as the KCL has it: bodies that never end are real
	startTimeout = 30 * time.Second // all attempts of a call whose answer is waited for
	firstBackoff = 200 * time.Millisecond
	mostBackoff  = 5 * time.Second
	firstLook    = 200 * time.Millisecond // at a consumer that is CREATING or DELETING, which takes half a minute
	mostLook     = 2 * time.Second        // a stream has 20 looks a second for all who look
	lastLook     = 2 * time.Second        // the least that the look at the end of a wait has for its answer
	limitBackoff = time.Second            // a rate a second is over after that
)

// backoff waits longer, jittered, with each attempt in a row.
type backoff struct {
	first, most time.Duration
	attempts    int
}

func (b *backoff) next() time.Duration {
	wait := b.most
	if b.attempts < 10 {
		wait = min(b.most, b.first<<b.attempts)
	}
	b.attempts++
	return wait/2 + rand.N(wait/2)
}

func (b *backoff) reset() { b.attempts = 0 }

// attempt makes one call and ends it after callTimeout, or at the deadline.
func attempt[T any](ctx context.Context, deadline time.Time, call func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, max(0, min(callTimeout, time.Until(deadline))))
	defer cancel()
	return call(ctx)
}

// patiently repeats a call that asks and changes nothing until it passes, or
// until deadline. What is gone, what is too old and what will fail again is for
// the caller.
func patiently[T any](ctx context.Context, log *slog.Logger, deadline time.Time, call func(context.Context) (T, error)) (T, error) {
	began := time.Now()
	back := backoff{first: firstBackoff, most: mostBackoff}
	var last error // of the attempt before
	for {
		v, err := attempt(ctx, deadline, call)
		if err == nil {
			return v, nil
		}
		if ctx.Err() != nil {
			return v, context.Cause(ctx)
		}
		switch classify(err) {
		case again, limited, inUse: // a stream that is being created is in use, too
		case fatal, gone, refused, stale:
			return v, err
		}
		left := time.Until(deadline)
		if left <= 0 && last != nil && errors.Is(err, context.DeadlineExceeded) {
			err = last // which says more than that the time of this one was over
		}
		last = err
		if left <= 0 {
			return v, &reader.GaveUpError{After: time.Since(began), Err: err}
		}
		wait := min(back.next(), left)
		log.Debug("call failed", "attempt", back.attempts, "wait", wait, "error", err)
		if err := sleep(ctx, wait); err != nil {
			return v, err
		}
	}
}

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
