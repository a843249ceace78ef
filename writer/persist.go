package writer

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// persist makes a call of the start until it is answered or start ends. do makes
// one attempt; named puts the call's name on its error. say is called with a line about a
// call that is not answered for troubleAfter. Errors are what named
// returns for a failure that will not pass, *GaveUpError when start is over, and
// the end of ctx: see interrupted.
func persist(ctx, start context.Context, began time.Time, say func(string), log *slog.Logger, named func(error) error, do func(context.Context) error) error {
	var last error // of the attempts before
	report := &startReport{say: say, named: named, began: time.Now()}
	for wait := (backoff{}); ; {
		err := report.attempt(func() error { return do(start) })
		if err == nil {
			report.passed()
			return nil
		}
		if start.Err() != nil && errors.Is(err, start.Err()) && last != nil {
			err = last // it says more than that the time of this attempt was over
		}
		if ctx.Err() != nil {
			return interrupted(ctx, named(err))
		}
		if v := classify(err); v != again && v != unsure {
			return named(err)
		}
		last = err
		log.DebugContext(ctx, "call failed", "attempt", wait.attempts+1, "error", named(err))
		if sleep(start, wait.next()) == nil {
			continue
		}
		if ctx.Err() != nil {
			return interrupted(ctx, named(err))
		}
		return &GaveUpError{time.Since(began), named(err)}
	}
}

// naming puts the name of a call on an error that has none yet.
func naming(call, stream string) func(error) error {
	return func(err error) error {
		var named *CallError
		if err == nil || errors.As(err, &named) {
			return err
		}
		return &CallError{Call: call, Stream: stream, Err: err}
	}
}

// interrupted is the cause of ctx, with the failure of the call that it ended: an
// *InterruptedError, or the cause alone when the call failed of the end of ctx.
func interrupted(ctx context.Context, failure error) error {
	cause := context.Cause(ctx)
	if failure == nil || errors.Is(failure, ctx.Err()) || errors.Is(failure, cause) {
		return cause
	}
	return &InterruptedError{Cause: cause, Last: failure}
}
