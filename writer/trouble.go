package writer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kin/internal/apierror"
)

// trouble is when to report that records fail: when they have for troubleAfter, and
// then every troubleEvery.
type trouble struct {
	since, said time.Time
	// failed says that a report named another failure than a refusal for now.
	failed bool
	// last is why they failed last. It is kept until a record is written while no
	// other one fails: a run may end before that.
	last error
}

func (t *trouble) now(now time.Time) bool {
	if now.Sub(t.since) < troubleAfter || !t.said.IsZero() && now.Sub(t.said) < troubleEvery {
		return false
	}
	t.said = now
	return true
}

// troubled notes that records fail, and reports it when they have for long enough.
func (d *dispatcher) troubled(now time.Time, cause error) {
	if !errors.Is(cause, context.Canceled) { // which is the end of the run
		d.trouble.last = cause
	}
	if d.failing == 0 {
		return
	}
	if d.trouble.since.IsZero() {
		d.trouble.since = now
	}
	if d.trouble.now(now) {
		d.trouble.failed = d.trouble.failed || !isRefusedForNow(cause)
		d.outbox.says = append(d.outbox.says, fmt.Sprintf("%s: %s not written yet, retrying: %s", d.o.Stream, records(int64(d.failing)), apierror.Brief(cause)))
	}
}

// recovered notes that no record fails any more, and reports it when a person has
// heard that some did: after the last of them was written, and not given up.
func (d *dispatcher) recovered(now time.Time, written bool) {
	was := d.trouble
	d.trouble = trouble{last: was.last}
	if !written {
		return
	}
	if !was.said.IsZero() {
		lasted := max(time.Second, now.Sub(was.since).Round(time.Second))
		what := "connected"
		if !was.failed {
			what = "writing"
		}
		d.outbox.says = append(d.outbox.says, fmt.Sprintf("%s: %s again after %s", d.o.Stream, what, duration(lasted)))
	}
}

// isRefusedForNow reports whether the service answered that it takes the records
// later: there are too many, or the stream is being created.
func isRefusedForNow(err error) bool {
	v, known := byCode(codeOf(err))
	return known && v == again
}

// Failing is the last failure of the run's calls, as a *CallError, while they fail;
// nil while they do not. What a run that was ended failed of is known after it.
func (w *Writer) Failing() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running == nil {
		return w.failing
	}
	w.running.mu.Lock()
	defer w.running.mu.Unlock()
	if last := w.running.trouble.last; last != nil {
		return &CallError{Call: "PutRecords", Stream: w.o.Stream, Err: last}
	}
	return nil
}

// noted is a call of the start whose failures Failing knows.
func (w *Writer) noted(named func(error) error, do func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		err := do(ctx)
		if err == nil || ctx.Err() == nil { // and not of the end of its time
			w.mu.Lock()
			defer w.mu.Unlock()
			w.failing = named(err)
		}
		return err
	}
}
