// Package reader is the core that every reading command shares: it discovers
// shards and their lineage, fetches them in parallel within the service's
// limits, and hands encoded batches to a handler.
//
// It promises that records are delivered at least once, in order within a
// shard and along its lineage; that positions move only when a batch was
// written; and that memory follows Options.FetchBufferSize. It promises no
// order between unrelated shards.
package reader

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"
)

// Reader reads streams once. It is made by New.
type Reader struct {
	client    Client
	o         Options
	positions Positions
	progress  progress
}

// New checks every field of o and returns a reader, or an *OptionError that
// names the field in words.
func New(client Client, o Options) (*Reader, error) {
	o, err := o.Complete()
	if err != nil {
		return nil, err
	}
	return &Reader{client: client, o: o, positions: kept(o.Positions)}, nil
}

// Run reads until a bound is complete, the handler or a call fails, or ctx
// ends, and returns nil in the first case. The handler is called serially, on
// this goroutine; when it returns nil the batch counts as written and the
// positions move behind it. Batches without encoded records move them without
// a call. Run releases the positions, even if ctx has ended.
func (r *Reader) Run(ctx context.Context, handle func(*Batch) error) error {
	err := r.run(ctx, handle)
	return errors.Join(err, r.positions.Release(context.WithoutCancel(ctx)))
}

// errDone ends the goroutines of a run that is complete.
var errDone = errors.New("run complete")

func (r *Reader) run(ctx context.Context, handle func(*Batch) error) error {
	began := r.o.Began
	if began.IsZero() {
		began = time.Now()
	}
	whole := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(errDone)
	group, groupCtx := errgroup.WithContext(ctx)
	session := newSession(r.client, r.o, &r.progress)
	streams, err := r.openInTime(groupCtx, session, began)
	if err != nil {
		return err
	}
	run := newRun(groupCtx, group, session, r.positions, streams, began)
	run.launch()
	err = run.collect(handle)
	cancel(errDone)
	if groupErr := group.Wait(); err == nil && !errors.Is(groupErr, errDone) {
		err = groupErr
	}
	run.reportUsers()
	if r.o.Timeout > 0 {
		var stop context.CancelFunc
		whole, stop = context.WithDeadline(whole, began.Add(r.o.Timeout))
		defer stop()
	}
	return fact(whole, streams.streams, run.moveBack(context.WithoutCancel(whole), err))
}

// openInTime is open, within the time of the run.
func (r *Reader) openInTime(ctx context.Context, s *session, began time.Time) (*opened, error) {
	if r.o.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, began.Add(r.o.Timeout), &TimeoutError{After: r.o.Timeout})
		defer cancel()
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx) // nothing was asked that could have failed
	}
	streams, err := r.open(ctx, s)
	if late, is := errors.AsType[*TimeoutError](err); is {
		return nil, &TimeoutError{After: late.After, Err: s.reporter.Last()}
	}
	return streams, err
}

// open lists all streams and saves where their shards begin, before the first
// record is asked for: a run that is killed now has lost nothing. A position that
// the service refuses is not saved.
func (r *Reader) open(ctx context.Context, s *session) (*opened, error) {
	streams, err := openStreams(ctx, s, r.positions, openMode{})
	if err != nil {
		return nil, err
	}
	for _, stream := range streams.streams {
		if err := checkTyped(ctx, stream); err != nil {
			return nil, err
		}
	}
	return streams, r.positions.Begin(ctx, streams.begun()...)
}

// Progress returns what the run has done so far. It may be called from any
// goroutine, and looks at every shard: what it costs grows with the stream.
func (r *Reader) Progress() Progress {
	p, statuses := r.progress.get()
	if statuses != nil {
		p.Lags, p.Behind = statuses.list()
	}
	return p
}
