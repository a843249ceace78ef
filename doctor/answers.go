package doctor

import (
	"context"
	"errors"
	"time"

	"github.com/aws/smithy-go"

	"kin/internal/servertime"
	"kin/internal/service"
)

// outcome classifies the result of a call with regard to its permission.
type outcome int

const (
	allowed         outcome = iota // the call succeeded
	dryRun                         // the call would have succeeded
	missing                        // the stream, shard or consumer does not exist
	denied                         // the caller may not make the call
	keyDenied                      // the caller may not use the key of the stream
	keyUnusable                    // the state of the key prevents its use
	keyUnsubscribed                // the account is not subscribed to KMS
	unauthentic                    // the credentials or the signature are invalid
	busy                           // throttled, or a temporary failure of the service
	unsupported                    // the endpoint does not have the call
	unreachable                    // no answer
	unknown                        // any other result
)

// classify returns the outcome of a call from its error code.
func classify(err error) outcome {
	if err == nil {
		return allowed
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return unreachable
	}
	switch code := api.ErrorCode(); service.ClassOfCode(code) {
	case service.Unauthentic:
		return unauthentic
	case service.Missing:
		return missing
	case service.Unsupported:
		return unsupported
	case service.Denied:
		return denied
	case service.Key:
		return classifyKey(code)
	case service.Throttled, service.Transient, service.Expired:
		return busy
	case service.InUse, service.Refused:
	default:
		if code == "DryRunOperationException" {
			return dryRun // permissions and parameters are right (API documentation)
		}
	}
	return unknown
}

// classifyKey returns the outcome for an error code about the stream's key.
func classifyKey(code string) outcome {
	switch code {
	case service.CodeKeyDenied:
		return keyDenied
	case service.CodeKeyOptIn:
		return keyUnsubscribed
	}
	return keyUnusable
}

func brief(err error) string { return service.Brief(err) }

// clock compares this machine's clock with the Date of answers. A Date has whole seconds, which
// limits the precision.
type clock struct {
	sent, answered time.Time // by this machine's clock
	date           time.Time // by the service's clock; zero before an answer
	implausible    time.Time // the last implausible Date; zero if none
}

func (c *clock) start() { c.sent = time.Now() }

// noteDate stores the Date of an answer. A zero date is ignored.
func (c *clock) noteDate(date time.Time) {
	switch {
	case date.IsZero():
	case !servertime.Plausible(date):
		c.implausible = date
	default:
		c.answered, c.date = time.Now(), date
	}
}

// ahead returns the minimum difference between this machine's clock and the service's. It is
// negative if this clock is behind, and 0 if both may agree. ok is false without a Date.
func (c *clock) ahead() (d time.Duration, ok bool) {
	first, last := c.date, c.date.Add(time.Second) // the bounds of the service's clock
	switch {
	case c.date.IsZero():
		return 0, false
	case c.sent.After(last):
		return c.sent.Sub(last), true
	case c.answered.Before(first):
		return c.answered.Sub(first), true
	}
	return 0, true
}

// Few attempts with short waits, because a diagnosis should be quick.
const (
	attempts    = 3
	attemptFor  = 10 * time.Second
	attemptWait = 300 * time.Millisecond
)

// withRetries makes a call, and repeats it if the service cannot be reached or is busy.
func withRetries[T any](ctx context.Context, e *examination, call func(context.Context) (T, error)) (T, error) {
	for n := 1; ; n++ {
		attempt, cancel := context.WithTimeout(ctx, attemptFor)
		e.clock.start()
		v, err := call(attempt)
		cancel()
		if what := classify(err); n == attempts || service.IsPermanent(err) || what != unreachable && what != busy || ctx.Err() != nil {
			return v, err
		}
		e.o.Log.Debug("call failed", "attempt", n, "error", err)
		if err := service.Sleep(ctx, attemptWait); err != nil {
			return v, err
		}
	}
}
