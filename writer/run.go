package writer

import (
	"context"
	"errors"
	"time"
)

// Run writes the records from next until next returns io.EOF. It returns nil when all of
// them are written or were passed to Options.Rejected.
//
// With Options.Rejected, a request that the service refuses is split: each of its records
// is sent alone. Those that are refused alone are passed to Rejected. Many refusals in a
// row are not the records' fault and end the run.
//
// Without Options.Rejected, the first record that cannot be written ends the run with a
// *RejectedError. If the input or a service limit refuses the record, everything before it
// is written first. An error of next also ends the run after everything before it was
// written. Run returns that error unchanged. next uses Reject for a record that its source
// cannot parse.
//
// Other errors: a *CallError for a call that cannot succeed; a *DeletedError if the stream
// was deleted during the run; a *GaveUpError if the service does not answer at the start.
//
// If ctx is cancelled, the run stops reading, writes what it has read for up to
// Options.Grace, and returns the cause of ctx.
//
// next is called from another goroutine, one call at a time, while requests are in flight.
// It should return when its context is done. Run does not wait for a call of next that
// still blocks when everything else has ended.
//
// A Writer makes one run at a time.
func (w *Writer) Run(ctx context.Context, next func(context.Context) (Record, error)) (Summary, error) {
	began := time.Now()
	starting, started := context.WithCancelCause(ctx)
	defer started(nil)
	w.setAbandon(nil, func() { started(ErrAbandoned) })
	defer w.clearAbandon()
	facts, err := w.start(starting)
	if err != nil {
		return Summary{Duration: time.Since(began)}, err
	}
	d := newDispatcher(w.client, w.o, facts)
	reading, stopReading := context.WithCancel(ctx)
	defer stopReading()
	defer context.AfterFunc(ctx, func() { d.closeIntake(context.Cause(ctx)) })()

	writing, abandon := withGrace(ctx, w.o.Grace)
	defer abandon(nil)
	w.setAbandon(d, func() { abandon(ErrAbandoned) })

	go newIntake(next, facts.recordLimit, w.o, d).run(reading)
	err = d.run(writing)
	if errors.Is(err, ErrAbandoned) && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	var s Summary
	d.withAccount(func(a *account) { s = a.summary() })
	s.Duration = time.Since(began)
	return s, w.checkDeleted(ctx, facts, s, err)
}

// withGrace returns a context that ends a grace period after ctx. The returned function
// must be called in the end. With an error it ends the context at once.
func withGrace(ctx context.Context, grace time.Duration) (context.Context, context.CancelCauseFunc) {
	writing, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	expired := make(chan *time.Timer, 1)
	stop := context.AfterFunc(ctx, func() {
		cause := context.Cause(ctx)
		expired <- time.AfterFunc(grace, func() { cancel(cause) })
	})
	return writing, func(err error) {
		cancel(err)
		if err == nil && !stop() {
			(<-expired).Stop()
		}
	}
}
