package writer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"kin/internal/service"
	"kin/writer/queue"
)

// persist makes a call of the start until it is answered or start ends. do makes
// one attempt; named puts the call's name on its error. report is called with a line about a
// call that is not answered for service.ReportAfter. Errors are what named
// returns for a failure that will not pass, *GaveUpError when start is over, and
// the end of ctx: see interrupted.
func persist(ctx, start context.Context, began time.Time, report func(string), log *slog.Logger, named func(error) error, do func(context.Context) error) error {
	var last error // of the attempts before
	progress := &startReport{report: report, named: named, began: time.Now()}
	for wait := queue.NewBackoff(); ; {
		err := progress.attempt(func() error { return do(start) })
		if err == nil {
			progress.answered()
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
		log.DebugContext(ctx, "call failed", "attempt", wait.Attempts()+1, "error", named(err))
		if service.Sleep(start, wait.Next()) == nil {
			continue
		}
		if ctx.Err() != nil {
			return interrupted(ctx, named(err))
		}
		return &GaveUpError{After: time.Since(began), Err: named(err)}
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

// startReport reports a call of the start that is not answered for service.ReportAfter, once,
// and that it was answered after that.
type startReport struct {
	report   func(string) // called on the goroutine of persist
	named    func(error) error
	began    time.Time
	last     error // of the attempt before; nil before its end
	reported bool
}

// attempt makes one attempt, and reports the call when it becomes due meanwhile.
func (r *startReport) attempt(do func() error) error {
	if r.reported {
		return do()
	}
	done := make(chan error, 1)
	go func() { done <- do() }()
	due := time.NewTimer(max(0, time.Until(r.began.Add(service.ReportAfter))))
	defer due.Stop()
	var err error
	select {
	case err = <-done:
	case <-due.C:
		r.reportFailure()
		err = <-done
	}
	r.last = err
	return err
}

func (r *startReport) reportFailure() {
	r.reported = true
	err := r.last
	if err == nil {
		err = fmt.Errorf("no answer from the service for %s", service.ReportAfter)
	}
	r.report(fmt.Sprintf("still trying: %s", r.named(err)))
}

// answered notes that the call was answered.
func (r *startReport) answered() {
	if r.reported {
		r.report("connected again after " + duration(max(time.Second, time.Since(r.began).Round(time.Second))))
	}
}
