package writer

import (
	"context"
	"errors"
	"time"
)

// Run writes what next returns until next returns io.EOF. It returns nil when
// all of it is written, or was handed to Options.Rejected.
// With it, the records of a request that the service refuses as it is go alone, and
// those that are refused alone are handed over; many in a row are not the records'
// fault, and end the run as without it.
//
// Without that function the first record that cannot be written ends the run
// with a *RejectedError, and one that the input or a limit of the service
// refuses only after everything before it was written. So does an error of next,
// which is returned as it is; next reports a record that its source cannot make
// sense of with Reject. A call that cannot succeed is a *CallError, a stream that
// was deleted meanwhile a *DeletedError, and a service that does not answer at the
// start a *GaveUpError. When ctx is cancelled the
// run stops reading, writes what it has read for at most Options.Grace, and
// returns the cause.
//
// next is called from another goroutine, one call at a time, while requests
// are under way. It should return when its context is done; Run does not wait
// for a call that is still blocked when everything else is over.
//
// A Writer makes one run at a time.
func (w *Writer) Run(ctx context.Context, next func(context.Context) (Record, error)) (Summary, error) {
	began := time.Now()
	starting, started := context.WithCancelCause(ctx)
	defer started(nil)
	w.abandonWith(nil, func() { started(ErrAbandoned) })
	defer w.forget()
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
	w.abandonWith(d, func() { abandon(ErrAbandoned) })

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

// withGrace returns a context that outlives ctx by grace. The function that it
// returns must be called in the end; with an error it ends the context at once.
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
