// Package reader is the core that every reading command shares. It discovers shards and their
// lineage and fetches them in parallel within the service's limits. It hands encoded batches to a
// handler.
//
// Guarantees: records are delivered at least once, in order within a shard and along its lineage.
// Positions move only after a batch was written. Memory use is bounded by Options.FetchBufferSize.
// There is no order between unrelated shards.
package reader

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"
)

// Reader reads streams. New creates one. Call Run only once.
type Reader struct {
	client    Client
	o         Options
	positions Positions
	progress  progress
}

// New checks every field of o and returns a reader. The error is a *record.OptionError; its Field
// is the name of the field in words, such as "max fetch rate".
func New(client Client, o Options) (*Reader, error) {
	o, err := o.Complete()
	if err != nil {
		return nil, err
	}
	return &Reader{client: client, o: o, positions: orUnsaved(o.Positions)}, nil
}

// Run reads until a bound is reached, a timeout expires, the handler or a call fails, or ctx ends.
// It returns nil if a bound was reached, if every shard ended, after Options.IdleTimeout, or if
// Options.Timeout expires in a run without a bound and without IdleTimeout. An expired
// Options.Timeout is a *TimeoutError in any other run, and if no shard has answered.
//
// Run calls the handler on the goroutine that called Run, one batch at a time. If the handler
// returns no error, the batch counts as written, and Run passes its commit to Positions.Commit. For
// a batch without encoded records Run moves the positions and does not call the handler. Run calls
// Positions.Release, even if ctx has ended.
func (r *Reader) Run(ctx context.Context, handle Handler) error {
	err := r.run(ctx, handle)
	return errors.Join(err, r.positions.Release(context.WithoutCancel(ctx)))
}

// errDone stops the goroutines of a run that is complete.
var errDone = errors.New("run complete")

func (r *Reader) run(ctx context.Context, handle Handler) error {
	began := r.o.Began
	if began.IsZero() {
		began = time.Now()
	}
	outer := ctx
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
	run.reportUserRecords()
	if r.o.Timeout > 0 {
		var stop context.CancelFunc
		outer, stop = context.WithDeadline(outer, began.Add(r.o.Timeout))
		defer stop()
	}
	return explainNotFound(outer, streams.streams, run.moveBack(context.WithoutCancel(outer), err))
}

// openInTime is open, limited by Options.Timeout.
func (r *Reader) openInTime(ctx context.Context, s *session, began time.Time) (*opened, error) {
	if r.o.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, began.Add(r.o.Timeout), &TimeoutError{After: r.o.Timeout})
		defer cancel()
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx) // no call was made that could have failed
	}
	streams, err := r.open(ctx, s)
	if timeout, is := errors.AsType[*TimeoutError](err); is {
		return nil, &TimeoutError{After: timeout.After, Err: s.reporter.Last()}
	}
	return streams, err
}

// open lists the shards of all streams and saves their initial positions before the first record is
// fetched. So no record is lost if the run is killed afterwards. A position that the service
// refuses is not saved.
func (r *Reader) open(ctx context.Context, s *session) (*opened, error) {
	streams, err := openStreams(ctx, s, r.positions, openMode{})
	if err != nil {
		return nil, err
	}
	for _, stream := range streams.streams {
		if err := checkStartSequence(ctx, stream); err != nil {
			return nil, err
		}
	}
	return streams, r.positions.Begin(ctx, streams.begun()...)
}

// Progress returns what the run has done so far. It may be called from any goroutine. It visits
// every shard, so its cost grows with the stream.
func (r *Reader) Progress() Progress {
	p, statuses := r.progress.get()
	if statuses != nil {
		p.Lags, p.Behind = statuses.list()
	}
	return p
}
