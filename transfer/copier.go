// Package transfer copies one stream into another. It passes the batches of a reader to a
// writer, and commits a batch when the writer has settled all of its records.
package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xhit/go-str2duration/v2"

	"kin/format"
	"kin/internal/input"
	"kin/reader"
	"kin/writer"
)

// Copier passes the batches of a reader to a writer. Copy returns when all records of the
// batch are settled: written, or saved as rejected.
type Copier struct {
	w *writer.Writer
	o Options

	batches    chan []*reader.Block // unbuffered; closed by End
	settled    chan struct{}        // receives a token when the batch is settled
	lastRecord atomic.Int64         // number of the last record of the batch

	mu       sync.Mutex      // guards the following, to ending
	current  []*reader.Block // the blocks of the batch; nil between batches
	first    int64           // number of its first record
	saved    map[int64]bool  // rejected records of the batch that were saved
	rejected int64           // rejected records of all settled batches
	unsaved  bool            // a record of the batch is neither written nor saved
	ending   bool            // End was called

	blocks []*reader.Block // blocks of the batch that next() has not read yet; used only by next()
	frames []byte          // the rest of the block that next reads

	stopping context.Context // ends with a signal, or when the run's time is up
	stop     func()
	done     chan struct{} // closed when the writer's run has ended
	sum      writer.Summary
	err      error
	// abandoned is true if the writer was abandoned.
	abandoned bool
}

// Options configure how a copy ends and what happens to rejected records.
type Options struct {
	// Within is the time limit of the run; 0 means none. Limited returns a context that ends
	// after Within, with the given error as its cause.
	Within  time.Duration
	Limited func(context.Context, error) (context.Context, context.CancelFunc)
	Grace   time.Duration // how long a stopped run may take to finish its batch
	// WatchStop watches for a second signal during a stopped run. console.WatchSecondSignal
	// implements it. The returned function ends the watch.
	WatchStop func(context.Context, *writer.Writer) func()
	Compress  func(payload []byte) ([]byte, error) // compresses payloads; nil: no compression
	Rejected  *input.Rejected                      // nil: a rejected record ends the run
	Info      func(string)                         // is called with messages, from any goroutine; required
}

// New returns a Copier that writes with client and the writer options wo. It replaces wo.Report,
// and wo.Rejected if o.Rejected is set. Errors are those of writer.New.
func New(client writer.Client, wo writer.Options, o Options) (*Copier, error) {
	c := &Copier{
		o: o, saved: map[int64]bool{},
		batches: make(chan []*reader.Block), settled: make(chan struct{}, 1), done: make(chan struct{}),
	}
	if o.Rejected != nil {
		wo.Rejected = c.reject
	}
	wo.Report = c.report
	var err error
	c.w, err = writer.New(client, wo)
	return c, err
}

// Begin starts the writer. The returned context ends when the writer fails.
//
// A signal, or the end of the run's time, stops the reader after the batch that is being
// written. The writer is abandoned if that takes longer than the grace period, at a second
// signal, or at once if the run waits for it and no request was sent yet.
func (c *Copier) Begin(ctx context.Context) context.Context {
	writing, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	reading, stopReading := context.WithCancelCause(ctx)
	unwatch := c.o.WatchStop(ctx, c.w)
	timeoutError := &unfinishedError{within: c.o.Within, grace: c.o.Grace}
	if c.o.Rejected != nil {
		timeoutError.saved = c.o.Rejected.Name
	}
	stopping, endTimer := c.o.Limited(ctx, timeoutError)
	stopWaiting := c.abandonAfterGrace(stopping, func() {
		if ctx.Err() == nil { // for a signal, WatchStop prints the message
			c.o.Info("--timeout expired: finishing the batch that is being written, for at most " + str2duration.String(c.o.Grace))
		}
	})
	c.stopping = stopping
	c.stop = func() { stopWaiting(); endTimer(); unwatch(); cancel(nil); stopReading(nil) }
	go func() {
		defer close(c.done)
		sum, err := c.w.Run(writing, c.next)
		c.sum, c.abandoned = sum, errors.Is(err, writer.ErrAbandoned)
		var timeoutError *unfinishedError
		switch {
		case c.abandoned && errors.As(context.Cause(stopping), &timeoutError) && !c.w.Began():
			c.err = &notStartedError{timeoutError.within, c.w.Failing()}
		case c.abandoned && timeoutError != nil:
			c.err = &unfinishedError{timeoutError.within, timeoutError.grace, timeoutError.saved, c.w.Failing()}
		case c.abandoned && stopping.Err() != nil:
			c.err = context.Cause(stopping)
		case err != nil:
			c.err = c.withSource(err)
		}
		stopReading(c.err)
	}()
	return reading
}

// Copy writes a batch and returns when all of its records are settled. It is the reader's
// handler. It returns the error of the writer if that ends first.
func (c *Copier) Copy(b *reader.Batch) error {
	c.mu.Lock()
	c.current, c.first = b.Blocks, c.lastRecord.Load()+1
	c.mu.Unlock()
	c.lastRecord.Add(int64(b.Records))
	select {
	case c.batches <- b.Blocks:
	case <-c.done:
		return c.ended()
	}
	select {
	case <-c.settled:
	case <-c.done:
		select {
		case <-c.settled: // the batch was settled before the writer ended
		default:
			return c.ended()
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rejected += int64(len(c.saved))
	clear(c.saved)
	c.current = nil
	return nil
}

func (c *Copier) ended() error {
	if c.err == nil {
		return errors.New("the writer ended before the reader")
	}
	return c.err
}

// End ends the writer and returns its error. failed means that the reader failed. If the
// run must end and no batch is being written, End abandons the writer instead of waiting
// for it. The result is then nil, or the error of NotStartedError if the run's time expired before
// the first request.
func (c *Copier) End(failed bool) error {
	c.mu.Lock()
	c.ending = true
	c.mu.Unlock()
	abandoning := (failed || c.stopping.Err() != nil) && c.idle()
	began := c.w.Began()
	if abandoning {
		c.w.Abandon()
	}
	close(c.batches)
	<-c.done
	cause := context.Cause(c.stopping)
	c.stop()
	var unfinished *unfinishedError
	switch {
	case !abandoning || !c.abandoned:
		return c.err
	case !failed && !began && errors.As(cause, &unfinished):
		return &notStartedError{unfinished.within, c.w.Failing()}
	}
	return nil
}

// isWaitedFor reports whether the run waits for the writer: for a batch, or in End.
func (c *Copier) isWaitedFor() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current != nil || c.ending
}

// idle reports whether no batch is being written.
func (c *Copier) idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current == nil
}

// next returns the next record. It is the writer's input.
func (c *Copier) next(ctx context.Context) (writer.Record, error) {
	for len(c.frames) == 0 {
		if len(c.blocks) > 0 {
			c.frames, c.blocks = c.blocks[0].Data, c.blocks[1:]
			continue
		}
		select {
		case blocks, more := <-c.batches:
			if !more {
				return writer.Record{}, io.EOF
			}
			c.blocks = blocks
		case <-ctx.Done():
			return writer.Record{}, context.Cause(ctx)
		}
	}
	r, frame, rest, err := cutFrame(c.frames)
	if err != nil {
		return writer.Record{}, err
	}
	c.frames = rest
	if c.o.Compress != nil {
		if r.Data, err = c.o.Compress(r.Data); err != nil {
			return writer.Record{}, fmt.Errorf("compress a payload: %w", err)
		}
	}
	return writer.Record{PartitionKey: r.PartitionKey, ExplicitHashKey: r.ExplicitHashKey, Data: r.Data,
		Source: frame, Arrival: r.ApproximateArrivalTimestamp}, nil
}

// reject saves a rejected record as a JSON line that kin write --input records can read.
func (c *Copier) reject(r writer.Rejection) error {
	record, _, _, err := cutFrame(r.Source)
	if err != nil {
		return err
	}
	if r.Source, err = (format.JSON{Data: format.DataBase64}).Append(nil, record); err != nil {
		return err
	}
	if err := c.o.Rejected.Add(r); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.saved[r.Number] = true
	return nil
}

// report receives the results of records, in order. A batch with a record that is neither
// written nor saved is never settled, because the run is ending.
func (c *Copier) report(results []writer.Result) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range results {
		if r.SequenceNumber == "" && !c.saved[r.Record] {
			c.unsaved = true
		}
	}
	if n := len(results); n > 0 && !c.unsaved && results[n-1].Record == c.lastRecord.Load() {
		c.settled <- struct{}{}
	}
	return nil
}

// Summary returns the writer's counts. It is valid after End.
func (c *Copier) Summary() writer.Summary { return c.sum }

// Writer returns the writer of the copy.
func (c *Copier) Writer() *writer.Writer { return c.w }
