package writer

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"kin/internal/service"
	"kin/writer/queue"
)

// startRetries say how the calls of the start are retried. They share one time.
type startRetries struct {
	most   time.Duration // of all attempts, and then from the last page of a list with something new
	began  time.Time     // when the first of the calls was made
	report func(string)  // called with a line about a call that is not answered for 5 s, maybe on another goroutine
	log    *slog.Logger
}

// retries are those of the next call. Each call has its own messages.
func (s *startRetries) retries() *service.Retries {
	return &service.Retries{
		Reporter: &service.Reporter{Report: s.report}, Passes: passes, Backoff: queue.NewBackoff(),
		Spent: time.Since(s.began),
	}
}

// passes reports whether a failure of a call of the start passes.
func passes(err error) bool {
	v := classify(err)
	return v == again || v == unsure
}

// call makes a call of the start until it is answered or its time is over. do makes one
// attempt, which it limits by the allowance; named puts the call's name on its error.
// Errors are what named returns for a failure that will not pass, *GaveUpError when the
// time is over, and the end of ctx: see interrupted.
func (s *startRetries) call(ctx context.Context, named func(error) error, do func(context.Context, *service.Allowance) error) error {
	var last error // that the end of ctx did not cause
	attempts := 0
	_, err := service.RetryPaged(ctx, s.retries(), s.most, named, func(ctx context.Context, a *service.Allowance) (struct{}, error) {
		attempts++
		err := named(do(ctx, a))
		if err != nil && (ctx.Err() == nil || !errors.Is(err, ctx.Err())) {
			last = err
		}
		if err != nil && ctx.Err() == nil && passes(err) {
			s.log.DebugContext(ctx, "call failed", "attempt", attempts, "error", err)
		}
		return struct{}{}, err
	})
	if err != nil && ctx.Err() != nil {
		return interrupted(ctx, last)
	}
	return err
}

// atStart repeats a call that can be retried, for as long as the start of a run
// may take.
func atStart(ctx context.Context, name, stream string, report func(string), call func(context.Context, *service.Allowance) error) error {
	s := startRetries{most: service.StartTimeout, began: time.Now(), report: report, log: slog.New(slog.DiscardHandler)}
	return s.call(ctx, naming(name, stream), call)
}

// onePage is a call of one page.
func onePage(do func(context.Context) error) func(context.Context, *service.Allowance) error {
	return func(ctx context.Context, a *service.Allowance) error {
		limited, cancel := a.Limit(ctx)
		defer cancel()
		return do(limited)
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
// *service.InterruptedError, or the cause alone when the call failed of the end of ctx.
func interrupted(ctx context.Context, failure error) error {
	cause := context.Cause(ctx)
	if failure == nil || errors.Is(failure, ctx.Err()) || errors.Is(failure, cause) {
		return cause
	}
	return &service.InterruptedError{Cause: cause, Last: failure}
}
