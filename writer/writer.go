// Package writer puts records into one stream with PutRecords: batched, several
// requests at a time, at least once, and with an account of what happened that
// is true on every way out.
//
// It promises that a record it calls written was acknowledged by the service,
// that nothing that was acknowledged is sent again, and that its memory is
// bounded however slow the service is: then it stops reading the input.
//
// Where it can know the shard of a record it keeps to the limits of that shard,
// and when one shard refuses records the others go on, as far as there is room
// for what waits.
//
// What it promises about order: no two requests with records of the same
// partition key are in flight at the same time, and the later records of a key
// wait until every one of an earlier request is settled. So a record is never
// overtaken by a record of its key of a later request. It does not promise order inside a
// request: PutRecords itself processes entries independently, so when an entry
// fails, later entries of the same request and the same partition key may be in
// the stream before the entry is retried. As long as no entry fails, the
// records of a partition key are in the stream in the order of the input. With
// Options.Ordered a request holds one record of a key at most, and the order is
// kept whatever fails. A stream with the record distribution strategy AUTO
// ignores keys and has no order at all.
package writer

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// Writer writes to one stream.
type Writer struct {
	client Client
	o      Options

	mu        sync.Mutex
	running   *dispatcher // of the last run; nil until it has begun to read
	abandon   context.CancelFunc
	abandoned bool  // the run, or the next one, is to end at once
	failing   error // of the last call of the start
}

// New returns a writer, or an *record.OptionError that names the field in words.
func New(client Client, o Options) (*Writer, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	return &Writer{client: client, o: o}, nil
}

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
// was deleted meanwhile a *GoneError, and a service that does not answer at the
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
	s := d.standing()
	s.Duration = time.Since(began)
	return s, w.checkDeleted(ctx, facts, s, err)
}

// ErrAbandoned is what a run ends with that was abandoned and not cancelled.
var ErrAbandoned = errors.New("the run was given up")

// Abandon ends a run at once: requests in flight are given up, and what became
// of their records is not known. A run that nobody cancelled ends with
// ErrAbandoned; so does the next one when there is none.
func (w *Writer) Abandon() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.abandoned = true
	if w.abandon != nil {
		w.abandon()
	}
}

// abandonWith says how Abandon ends the run from now on. One that was called
// before is not lost.
func (w *Writer) abandonWith(d *dispatcher, abandon context.CancelFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running, w.abandon = d, abandon
	if w.abandoned {
		abandon()
	}
}

func (w *Writer) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.abandon, w.abandoned = nil, false
}

// Began says whether the run has found the stream, and reads its input.
func (w *Writer) Began() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.running != nil
}

// Progress is how far the run is. Records whose request is under way count as
// unsure.
func (w *Writer) Progress() Summary {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running == nil {
		return Summary{}
	}
	return w.running.progress()
}

// Shards is what the run has done on each shard, by ID.
func (w *Writer) Shards() []ShardSummary {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running == nil {
		return nil
	}
	return w.running.shardSummaries()
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
