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
)

// Writer writes to one stream.
type Writer struct {
	client Client
	o      Options

	mu        sync.Mutex  // guards the following; taken before that of running
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
	if o.Info == nil {
		o.Info = func(string) {}
	}
	return &Writer{client: client, o: o}, nil
}

// ErrAbandoned is what a run ends with that was abandoned and not cancelled.
var ErrAbandoned = errors.New("the run was abandoned")

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

// Began reports whether the run has found the stream, and reads its input.
func (w *Writer) Began() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.running != nil
}

// Progress is how far the run is. Records whose request is under way count as
// unsure.
func (w *Writer) Progress() (s Summary) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running == nil {
		return Summary{}
	}
	w.running.withAccount(func(a *account) { s = a.progress() })
	return s
}

// Shards is what the run has done on each shard, by ID.
func (w *Writer) Shards() (shards []ShardSummary) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running == nil {
		return nil
	}
	w.running.withAccount(func(a *account) { shards = a.shards() })
	return shards
}

// Failing is the last failure of the run's calls, as a *CallError, while they fail;
// nil while they do not. What a run that was ended failed of is known after it.
func (w *Writer) Failing() (err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running == nil {
		return w.failing
	}
	w.running.withAccount(func(a *account) {
		if last := a.failures.last; last != nil {
			err = &CallError{Call: "PutRecords", Stream: w.o.Stream, Err: last}
		}
	})
	return err
}
