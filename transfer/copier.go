// Package transfer copies one stream into another: it hands the batches of a reader
// to a writer, and commits a batch when the writer has settled all of it.
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

// Copier hands batches of a reader to a writer, and each back to the reader when
// the writer has settled all of it: written, or saved as rejected.
type Copier struct {
	w *writer.Writer
	o Options

	batches chan []*reader.Block // unbuffered; closed at the end
	settled chan struct{}        // holds a token when the batch is
	through atomic.Int64         // the number of the batch's last record

	mu       sync.Mutex      // guards the following, to ending
	current  []*reader.Block // the batch
	first    int64           // the number of its first record
	saved    map[int64]bool  // rejected records of the batch that were saved
	rejected int64           // of all batches that were settled
	lost     bool            // a record of the batch is neither written nor saved
	ending   bool            // the reader has ended

	blocks []*reader.Block // of the batch, not begun; next's own
	frames []byte          // of the block that next is in

	over context.Context // ends with a signal, or the time of the run
	stop func()
	done chan struct{} // closed when the writer's run is over
	sum  writer.Summary
	err  error
	// abandoned says that the writer was given up.
	abandoned bool
}

// Options say how a copy ends, and what becomes of rejected records.
type Options struct {
	// Within is how long the run may take, for messages; 0 is without a limit.
	Within time.Duration
	// Limited returns a context that ends when the run has taken Within, with the given
	// error as its cause. Begin calls it, and End its cancel function. Required.
	Limited func(context.Context, error) (context.Context, context.CancelFunc)
	Grace   time.Duration // how long a stopped run may take to finish a batch
	// WatchStop waits for the second signal of a stopped run, which abandons the writer,
	// as console.WatchSecondSignal does. The function it returns ends that. Required.
	WatchStop func(context.Context, *writer.Writer) func()
	Pack      func(payload []byte) ([]byte, error) // compresses payloads; nil: as they are
	Rejected  *input.Rejected                      // nil: a rejected record ends the run
	Info      func(string)                         // is called with messages, from any goroutine; required
}

// New returns what writes with client as wo says.
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

// Begin starts the writer. The context it returns ends when the writer fails. A
// signal, or the end of the run's time, does not end the writer: it stops the
// reader, behind the batch that is being written, and the writer only when that
// takes longer than the grace.
func (c *Copier) Begin(ctx context.Context) context.Context {
	writing, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	reading, stopReading := context.WithCancelCause(ctx)
	unwatch := c.o.WatchStop(ctx, c.w)
	late := &unfinishedError{within: c.o.Within, grace: c.o.Grace}
	if c.o.Rejected != nil {
		late.saved = c.o.Rejected.Name
	}
	over, endTimer := c.o.Limited(ctx, late)
	inTime := c.abandonAfterGrace(over, func() {
		if ctx.Err() == nil { // WatchStop reports a signal
			c.o.Info("--timeout expired: finishing the batch that is being written, for at most " + str2duration.String(c.o.Grace))
		}
	})
	c.over = over
	c.stop = func() { inTime(); endTimer(); unwatch(); cancel(nil); stopReading(nil) }
	go func() {
		defer close(c.done)
		sum, err := c.w.Run(writing, c.next)
		c.sum, c.abandoned = sum, errors.Is(err, writer.ErrAbandoned)
		var late *unfinishedError
		switch {
		case c.abandoned && errors.As(context.Cause(over), &late) && !c.w.Began():
			c.err = &unbegunError{late.within, c.w.Failing()}
		case c.abandoned && late != nil:
			c.err = &unfinishedError{late.within, late.grace, late.saved, c.w.Failing()}
		case c.abandoned && over.Err() != nil:
			c.err = context.Cause(over)
		case err != nil:
			c.err = c.withSource(err)
		}
		stopReading(c.err)
	}()
	return reading
}

// Copy is the reader's handler.
func (c *Copier) Copy(b *reader.Batch) error {
	c.mu.Lock()
	c.current, c.first = b.Blocks, c.through.Load()+1
	c.mu.Unlock()
	c.through.Add(int64(b.Records))
	select {
	case c.batches <- b.Blocks:
	case <-c.done:
		return c.ended()
	}
	select {
	case <-c.settled:
	case <-c.done:
		select {
		case <-c.settled: // all of it was written or saved before the writer ended
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

// End lets the writer end, and returns what it failed of; failed says that the
// reader did. Where the run was to end and no batch is being written, nothing is
// waited for: not that it begins either.
func (c *Copier) End(failed bool) error {
	c.mu.Lock()
	c.ending = true
	c.mu.Unlock()
	given := (failed || c.over.Err() != nil) && c.idle()
	began := c.w.Began()
	if given {
		c.w.Abandon()
	}
	close(c.batches)
	<-c.done
	late := context.Cause(c.over)
	c.stop()
	var unfinished *unfinishedError
	switch {
	case !given || !c.abandoned:
		return c.err
	case !failed && !began && errors.As(late, &unfinished):
		return &unbegunError{unfinished.within, c.w.Failing()}
	}
	return nil
}

// isWaitedFor says that the run waits for the writer: for a batch, or at its end.
func (c *Copier) isWaitedFor() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current != nil || c.ending
}

// idle says that no batch is being written.
func (c *Copier) idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current == nil
}

// next is the writer's input.
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
	if c.o.Pack != nil {
		if r.Data, err = c.o.Pack(r.Data); err != nil {
			return writer.Record{}, fmt.Errorf("compress a payload: %w", err)
		}
	}
	return writer.Record{PartitionKey: r.PartitionKey, ExplicitHashKey: r.ExplicitHashKey, Data: r.Data,
		Source: frame, Arrival: r.ApproximateArrivalTimestamp}, nil
}

// reject saves a record that was given up, as a line that kin write takes.
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

// report takes the results of records, in their order. A record that is neither
// written nor saved keeps its batch from being settled: the run is ending.
func (c *Copier) report(results []writer.Result) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range results {
		if r.SequenceNumber == "" && !c.saved[r.Record] {
			c.lost = true
		}
	}
	if n := len(results); n > 0 && !c.lost && results[n-1].Record == c.through.Load() {
		c.settled <- struct{}{}
	}
	return nil
}

// Summary returns what the writer has done. It is complete after End.
func (c *Copier) Summary() writer.Summary { return c.sum }

// Writer is what the copy writes with.
func (c *Copier) Writer() *writer.Writer { return c.w }
