package doctor

import (
	"context"
	"errors"
	"time"

	"github.com/aws/smithy-go"

	"kin/internal/servertime"
	"kin/internal/service"
)

// answer is what the outcome of a call says of the permission for it.
type answer int

const (
	allowed         answer = iota // it passed
	dryRun                        // it would have passed
	missing                       // the stream, shard or consumer is not there
	denied                        // this caller may not make it
	keyDenied                     // this caller may not use the stream's key
	keyUnusable                   // nobody may use the stream's key as it is
	keyUnsubscribed               // this caller's account does not use KMS
	unauthentic                   // nobody knows this caller
	busy                          // too many calls, or a passing failure of the service
	unheard                       // the endpoint has no such call
	unreachable                   // nobody answered
	unknown                       // anything else
)

// reading decides, by error code, what the outcome of a call means.
func reading(err error) answer {
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
		return unheard
	case service.Denied:
		return denied
	case service.Key:
		return readingKey(code)
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

// readingKey is what an error code of the stream's key means.
func readingKey(code string) answer {
	switch code {
	case service.CodeKeyDenied:
		return keyDenied
	case service.CodeKeyOptIn:
		return keyUnsubscribed
	}
	return keyUnusable
}

func brief(err error) string { return service.Brief(err) }

// clock compares this machine's clock with the service's, as far as the Date of
// answers, which is cut to the second, can tell.
type clock struct {
	asked, answered time.Time // by this machine
	date            time.Time // by the service; zero until it has answered
	wrong           time.Time // the last Date that cannot be right; zero without one
}

func (c *clock) asking() { c.asked = time.Now() }

// take takes the Date of an answer, unless it cannot be right; zero is none.
func (c *clock) take(date time.Time) {
	switch {
	case date.IsZero():
	case !servertime.Plausible(date):
		c.wrong = date
	default:
		c.answered, c.date = time.Now(), date
	}
}

// ahead is how far this machine's clock is ahead of the service's at least;
// negative is behind, and 0 means that they may show the same. ok is false
// when the service has not said.
func (c *clock) ahead() (d time.Duration, ok bool) {
	first, last := c.date, c.date.Add(time.Second) // the service's clock was within
	switch {
	case c.date.IsZero():
		return 0, false
	case c.asked.After(last):
		return c.asked.Sub(last), true
	case c.answered.Before(first):
		return c.answered.Sub(first), true
	}
	return 0, true
}

// attempts and their waits: a doctor does not wait for long.
const (
	attempts    = 3
	attemptFor  = 10 * time.Second
	attemptWait = 300 * time.Millisecond
)

// reach makes a call, again if the service cannot be reached or has no time.
func reach[T any](ctx context.Context, e *examination, call func(context.Context) (T, error)) (T, error) {
	for n := 1; ; n++ {
		attempt, cancel := context.WithTimeout(ctx, attemptFor)
		e.clock.asking()
		v, err := call(attempt)
		cancel()
		if what := reading(err); n == attempts || service.IsPermanent(err) || what != unreachable && what != busy || ctx.Err() != nil {
			return v, err
		}
		e.o.Log.Debug("call failed", "attempt", n, "error", err)
		if err := service.Sleep(ctx, attemptWait); err != nil {
			return v, err
		}
	}
}
