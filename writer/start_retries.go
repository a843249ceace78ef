package writer

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"kin/internal/service"
	"kin/writer/queue"
)

// startRetries configures the retries of the calls at the start. The calls share one
// timeout.
type startRetries struct {
	timeout time.Duration // for all attempts; a list of shards begins it anew with each page that has new shards
	began   time.Time     // when the first call was made
	report  func(string)  // gets a message if a call has no answer for 5 s, maybe on another goroutine
	log     *slog.Logger
}

// retries returns the retries of the next call. Each call has its own messages.
func (s *startRetries) retries() *service.Retries {
	return &service.Retries{
		Reporter: &service.Reporter{Report: s.report}, Passes: passes, Backoff: queue.NewBackoff(),
		Spent: time.Since(s.began),
	}
}

// passes reports whether a failure of a call at the start is worth a retry.
func passes(err error) bool {
	v := classify(err)
	return v == resend || v == resendUnsure
}

// call makes a call at the start until it is answered or the timeout expires. do makes one
// attempt and limits it by the allowance. wrap adds the call's name to an error.
//
// It returns the result of wrap for a permanent failure and a *GaveUpError after the
// timeout. If ctx ends first, it returns the result of interrupted.
func (s *startRetries) call(ctx context.Context, wrap func(error) error, do func(context.Context, *service.Allowance) error) error {
	var last error // that the end of ctx did not cause
	attempts := 0
	_, err := service.RetryPaged(ctx, s.retries(), s.timeout, wrap, func(ctx context.Context, a *service.Allowance) (struct{}, error) {
		attempts++
		err := wrap(do(ctx, a))
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

// retryAtStart makes a call and retries it until the timeout for the start of a run expires.
func retryAtStart(ctx context.Context, name, stream string, report func(string), call func(context.Context, *service.Allowance) error) error {
	s := startRetries{timeout: service.StartTimeout, began: time.Now(), report: report, log: slog.New(slog.DiscardHandler)}
	return s.call(ctx, wrapCall(name, stream), call)
}

// onePage adapts a call of one page: its context ends with the allowance.
func onePage(do func(context.Context) error) func(context.Context, *service.Allowance) error {
	return func(ctx context.Context, a *service.Allowance) error {
		limited, cancel := a.Limit(ctx)
		defer cancel()
		return do(limited)
	}
}

// wrapCall returns a function that wraps an error in a *CallError, unless it is one already.
func wrapCall(call, stream string) func(error) error {
	return func(err error) error {
		var wrap *CallError
		if err == nil || errors.As(err, &wrap) {
			return err
		}
		return &CallError{Call: call, Stream: stream, Err: err}
	}
}

// interrupted returns the cause of ctx. If a call failed before ctx ended, it returns an
// *service.InterruptedError with both.
func interrupted(ctx context.Context, failure error) error {
	cause := context.Cause(ctx)
	if failure == nil || errors.Is(failure, ctx.Err()) || errors.Is(failure, cause) {
		return cause
	}
	return &service.InterruptedError{Cause: cause, Last: failure}
}
