// Package writer writes records into one stream with PutRecords. It batches records, sends
// several requests at a time, and delivers at least once. Its counts are right however a
// run ends.
//
// Guarantees: a record that is reported as written was acknowledged by the service. An
// acknowledged record is never sent again. Memory is bounded: if the service is slow, the
// writer stops reading the input.
//
// If the shards are known, the writer keeps to the write limits of each shard. If one shard
// refuses records, the others continue as long as the backlog has room.
//
// Order: two requests with records of the same partition key are never in flight at the
// same time. Later records of a key wait until all records of the earlier request are
// settled. So a record never passes an earlier record of its key from another request.
//
// Inside a request the order is not guaranteed, because PutRecords processes entries
// independently. If an entry fails, later entries of its key in the same request may be in
// the stream before its retry. If no entry fails, the records of a key are in input order.
//
// With Options.Ordered a request has at most one record of a key, so failures do not change
// the order. A stream with the record distribution strategy AUTO ignores keys and has no
// order.
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

	mu        sync.Mutex  // guards the following; locked before the mu of running
	running   *dispatcher // the current or last run; nil until it reads its input
	abandon   context.CancelFunc
	abandoned bool  // the current run, or the next one, must end at once
	failing   error // the last failure of a call at the start
}

// New returns a writer, or a *record.OptionError if an option is invalid.
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

// ErrAbandoned is the result of a run that was abandoned but not cancelled.
var ErrAbandoned = errors.New("the run was abandoned")

// Abandon ends the run at once. Requests in flight are abandoned: their records may be
// written. The run returns ErrAbandoned unless it was cancelled. If no run is in progress,
// the next one ends at once.
func (w *Writer) Abandon() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.abandoned = true
	if w.abandon != nil {
		w.abandon()
	}
}

// setAbandon sets the running dispatcher and the function that Abandon calls. If Abandon
// was called already, it calls the function at once.
func (w *Writer) setAbandon(d *dispatcher, abandon context.CancelFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running, w.abandon = d, abandon
	if w.abandoned {
		abandon()
	}
}

func (w *Writer) clearAbandon() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.abandon, w.abandoned = nil, false
}

// Began reports whether the run has found the stream and reads its input.
func (w *Writer) Began() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.running != nil
}

// Progress returns the counts so far. Records in flight count as Unsure.
func (w *Writer) Progress() (s Summary) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running == nil {
		return Summary{}
	}
	w.running.withAccount(func(a *account) { s = a.progress() })
	return s
}

// Shards returns the counts of each shard, sorted by ID.
func (w *Writer) Shards() (shards []ShardSummary) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running == nil {
		return nil
	}
	w.running.withAccount(func(a *account) { shards = a.shards() })
	return shards
}

// Failing returns the last failure of the run's calls as a *CallError, or nil if calls do
// not fail. After a run that was stopped, it still returns the failure.
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
