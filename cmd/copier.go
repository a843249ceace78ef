package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"

	"kin/cmd/internal/flags"
	"kin/format"
	"kin/internal/input"
	"kin/internal/words"
	"kin/reader"
	"kin/writer"
)

// copier hands batches of a reader to a writer, and each back to the reader when
// the writer has settled all of it: written, or saved as rejected.
type copier struct {
	w      *writer.Writer
	grace  time.Duration
	bounds *flags.Bounds                        // which have the time of the run
	pack   func(payload []byte) ([]byte, error) // nil: as it is
	failed *input.Rejected                      // nil: a rejected record ends the run

	batches chan []*reader.Block // unbuffered; closed at the end
	settled chan struct{}        // holds a token when the batch is
	through atomic.Int64         // the number of the batch's last record

	mu       sync.Mutex
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

func newCopier(ctx context.Context, o *copyOptions) (*copier, error) {
	c := &copier{
		grace: time.Duration(o.write.Grace), bounds: &o.read.Bounds, saved: map[int64]bool{},
		batches: make(chan []*reader.Block), settled: make(chan struct{}, 1), done: make(chan struct{}),
	}
	var err error
	if c.pack, err = o.write.Compress.Compressor(); err != nil {
		return nil, err
	}
	if name := o.write.Failed.Text; name != "" {
		c.failed, err = input.OpenRejected(ctx, name, []byte{'\n'}, nil, nil, nil)
	}
	return c, err
}

// begin starts the writer. The context it returns ends when the writer fails. A
// signal, or the end of the run's time, does not end the writer: it stops the
// reader, behind the batch that is being written, and the writer only when that
// takes longer than the grace.
func (c *copier) begin(ctx context.Context, e *env) context.Context {
	writing, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	reading, stopReading := context.WithCancelCause(ctx)
	unwatch := e.WatchSecondSignal(ctx, c.w, c.grace)
	late := &unfinishedError{within: time.Duration(c.bounds.Timeout.Duration), grace: c.grace}
	if c.failed != nil {
		late.saved = c.failed.Name
	}
	over, endTimer := c.bounds.Limited(ctx, late)
	inTime := c.abandonAfterGrace(over, func() {
		if ctx.Err() == nil { // of a signal, watchStop speaks
			e.Info("the time of the run is over: finishing the batch that is being written, for at most " + (*flags.Duration)(&c.grace).String())
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
			c.err = c.placed(err)
		}
		stopReading(c.err)
	}()
	return reading
}

// copy is the reader's handler.
func (c *copier) copy(b *reader.Batch) error {
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

func (c *copier) ended() error {
	if c.err == nil {
		return errors.New("the writer ended before the reader")
	}
	return c.err
}

// end lets the writer end, and returns what it failed of; failed says that the
// reader did. Where the run was to end and no batch is being written, nothing is
// waited for: not that it begins either.
func (c *copier) end(failed bool) error {
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
func (c *copier) isWaitedFor() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current != nil || c.ending
}

// idle says that no batch is being written.
func (c *copier) idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current == nil
}

// next is the writer's input.
func (c *copier) next(ctx context.Context) (writer.Record, error) {
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
	if c.pack != nil {
		if r.Data, err = c.pack(r.Data); err != nil {
			return writer.Record{}, fmt.Errorf("compress a payload: %w", err)
		}
	}
	return writer.Record{PartitionKey: r.PartitionKey, ExplicitHashKey: r.ExplicitHashKey, Data: r.Data,
		Source: frame, Arrival: r.ApproximateArrivalTimestamp}, nil
}

// reject saves a record that was given up, as a line that kin write takes.
func (c *copier) reject(r writer.Rejection) error {
	record, _, _, err := cutFrame(r.Source)
	if err != nil {
		return err
	}
	if r.Source, err = (format.JSON{Data: format.DataBase64}).Append(nil, record); err != nil {
		return err
	}
	if err := c.failed.Add(r); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.saved[r.Number] = true
	return nil
}

// report is told what became of records, in their order. One that is neither
// written nor saved keeps its batch from ever being settled: the run is ending.
func (c *copier) report(results []writer.Result) error {
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

// placed names the record that an error is about by where it came from.
func (c *copier) placed(err error) error {
	var rejected *writer.RejectedError
	if !errors.As(err, &rejected) {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	left := rejected.First - c.first
	for _, b := range c.current {
		if left >= int64(b.Records) {
			left -= int64(b.Records)
			continue
		}
		for frames := b.Data; left >= 0; left-- {
			r, _, rest, torn := cutFrame(frames)
			if torn != nil {
				return errors.Join(err, torn)
			}
			if frames = rest; left == 0 {
				return fmt.Errorf("%s/%s, sequence number %s: %w", r.Stream, r.ShardID, r.SequenceNumber, err)
			}
		}
	}
	return err
}

// left is the line that says what is in the destination although the batch it is
// of was not finished: the checkpoint, if there is one, is committed records far,
// and stands in front of it.
func (c *copier) left(committed int64, checkpointed bool) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	written, unsure := c.sum.Written-(committed-c.rejected), c.sum.Unsure
	if c.failed != nil {
		unsure -= c.failed.UnsureRecords() // of those it is said where they are
	}
	switch {
	case !checkpointed && unsure > 0:
		return words.Count(unsure, "record") + " more may be written: it is not known what became of their requests"
	case !checkpointed, written <= 0 && unsure <= 0:
		return ""
	}
	const again = ": the next run with it writes them again"
	switch {
	case written <= 0:
		return words.Count(unsure, "record") + " may be written beyond the checkpoint" + again
	case unsure > 0:
		return fmt.Sprintf("%s beyond the checkpoint, and %s more may be%s", areWritten(written), humanize.Comma(unsure), again)
	}
	return areWritten(written) + " beyond the checkpoint" + again
}

func areWritten(records int64) string {
	if records == 1 {
		return "1 record is written"
	}
	return words.Count(records, "record") + " are written"
}
