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
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/servertime"
	"kin/internal/service"
)

// Client is what a reader needs of the service. Its calls are single attempts:
// the reader retries.
type Client interface{ service.StreamAPI }

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
	if err := o.validate(); err != nil {
		return nil, err
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if o.Report == nil {
		o.Report = o.Say
	}
	if o.SayFailing == nil {
		o.SayFailing = o.Say
	}
	if o.Chat == nil {
		o.Chat = func(string) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &Reader{client: client, o: o, positions: o.Positions}
	if r.positions == nil {
		r.positions = forgetful{}
	}
	return r, nil
}

// Batch is what a handler gets: blocks in the order they arrived. It is valid
// until the handler returns.
type Batch struct {
	ID      int64 // 0, 1, 2, ... of this run
	Blocks  []*Block
	Records int // encoded records
	Bytes   int // encoded bytes
}

// Run reads until a bound is complete, the handler or a call fails, or ctx
// ends, and returns nil in the first case. The handler is called serially, on
// this goroutine; when it returns nil the batch counts as written and the
// positions move behind it. Batches without encoded records move them without
// a call. Run releases the positions.
func (r *Reader) Run(ctx context.Context, handle func(*Batch) error) error {
	err := r.run(ctx, handle)
	return errors.Join(err, r.positions.Release())
}

// run is the state of one Run.
type run struct {
	client    Client
	o         Options
	positions Positions
	log       *slog.Logger
	progress  *progress

	ctx      context.Context // of all goroutines of the run
	group    *errgroup.Group
	buf      *buffer
	enc      *encoder
	reporter service.Reporter
	dates    *servertime.Check // of all answers
	hints    hints
	slots    chan struct{} // fetches under way at once; nil without a cap
	record   atomic.Int64  // bytes of a record on average in the shard that was fetched last; 0 is not known
	file     checkpoint.File
	streams  []*streamRun

	mu       sync.Mutex // guards the lineages and what follows
	reading  int        // shards that a goroutine reads
	unheard  int        // of those, the ones that have not said anything
	answered bool       // a shard gave a usable answer
	clock    time.Time  // the service's time when the run was started, and
	local    time.Time  // this process's at that moment
	started  bool       // all streams are open
	began    time.Time  // the run's Timeout, by this process's clock
	looking  bool       // it reads nothing, and starts no shard
	// partial says that a stream that fails does not end the look at the others.
	partial bool
	// accepted says that a look before this one found its positions accepted.
	accepted bool
	// verifying says that what is wrong with the positions is looked for, and does
	// not end the run.
	verifying bool
}

// errDone ends the goroutines of a run that is complete.
var errDone = errors.New("run complete")

func (r *Reader) run(ctx context.Context, handle func(*Batch) error) error {
	whole := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(errDone)
	group, groupCtx := errgroup.WithContext(ctx)
	run := &run{
		client: r.client, o: r.o, positions: r.positions, log: r.o.Log, progress: &r.progress,
		ctx: groupCtx, group: group,
		buf: newBuffer(r.o.FetchBufferSize),
		enc: &encoder{
			encode: r.o.Encode, line: r.o.Line, whole: r.o.NoDeaggregate, limit: r.o.Limit,
			most: mostSlice(r.o.FetchBufferSize), large: largePayload(r.o.FetchBufferSize), slots: make(chan struct{}, runtime.GOMAXPROCS(0)),
		},
		reporter: service.NewReporter(r.o.SayFailing),
		dates:    &servertime.Check{Report: r.o.Say},
		hints:    hints{say: r.o.Say},
		began:    time.Now(),
	}
	if !r.o.Began.IsZero() {
		run.began = r.o.Began
	}
	if r.o.Tasks > 0 && r.o.Source == nil {
		run.slots = make(chan struct{}, r.o.Tasks*r.o.ShardsPerTask)
	}
	if err := run.openInTime(groupCtx); err != nil {
		return err
	}
	run.launch()
	err := run.collect(handle)
	cancel(errDone)
	if groupErr := group.Wait(); err == nil && !errors.Is(groupErr, errDone) {
		err = groupErr
	}
	run.reportUsers()
	if r.o.Timeout > 0 {
		var stop context.CancelFunc
		whole, stop = context.WithDeadline(whole, run.began.Add(r.o.Timeout))
		defer stop()
	}
	return run.fact(whole, err)
}

// openInTime is open, within the time of the run.
func (r *run) openInTime(ctx context.Context) error {
	if r.o.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, r.began.Add(r.o.Timeout), &TimeoutError{After: r.o.Timeout})
		defer cancel()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx) // nothing was asked that could have failed
	}
	err := r.open(ctx)
	var late *TimeoutError
	if errors.As(err, &late) {
		return &TimeoutError{After: late.After, Err: r.reporter.Last()}
	}
	return err
}

// open lists all streams and saves where their shards begin, before the first
// record is asked for: a run that is killed now has lost nothing. A position that
// the service refuses is not saved.
func (r *run) open(ctx context.Context) error {
	if err := r.place(ctx); err != nil {
		return err
	}
	for _, s := range r.streams {
		if err := s.checkTyped(ctx); err != nil {
			return err
		}
	}
	return r.positions.Save(r.file, nil)
}

// place lists all streams and decides where their shards begin.
func (r *run) place(ctx context.Context) (err error) {
	if r.file, err = r.positions.Load(); err != nil {
		return err
	}
	r.file.Streams = slices.Clone(r.file.Streams) // what was loaded stays as it was
	entries := make([]checkpoint.Stream, len(r.o.Streams))
	group, ctx := errgroup.WithContext(ctx)
	for i, given := range r.o.Streams {
		s := &streamRun{run: r, ref: record.ParseStream(given), lineage: newLineage()}
		r.streams = append(r.streams, s)
		saved := r.file.Find(s.ref.Name)
		group.Go(func() (err error) {
			entries[i], err = s.open(ctx, saved)
			if err != nil && r.partial && isOfStream(ctx, err) {
				s.failed, err = err, nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, entry := range entries {
		if r.streams[i].failed != nil {
			continue
		}
		if known := r.file.Find(entry.Name); known != nil {
			*known = entry
		} else {
			r.file.Streams = append(r.file.Streams, entry)
		}
	}
	return nil
}

// launch starts the goroutines: one a stream that looks for new shards, one a
// shard that fetches it. Until it has started the first, nobody else knows the
// run, and no lock is needed.
func (r *run) launch() {
	starting := make([][]*shard, len(r.streams))
	for i, s := range r.streams {
		s.report(s.lineage.sorted())
		s.left = nil // these are saved
		starting[i] = s.markReady()
		r.o.Chat(fmt.Sprintf("%s: reading %s, from %s", s.ref.Name, counted(len(starting[i]), "shard"), s.begins()))
	}
	r.hints.turns(r.reading, cap(r.slots))
	r.started = true
	r.setClock()
	r.checkComplete()
	for i, s := range r.streams {
		r.group.Go(func() error { return s.discover(r.ctx) })
		s.start(starting[i])
	}
}

// setClock takes the service's time from the listings. It wants the lock held.
func (r *run) setClock() {
	r.local = time.Now()
	for _, s := range r.streams {
		if s.listedAt.After(r.clock) {
			r.clock = s.listedAt
		}
	}
}

// checkComplete closes the buffer when a bounded run has nothing left to
// fetch. It wants the lock held.
func (r *run) checkComplete() {
	if !r.o.bounded() || !r.started || r.reading > 0 {
		return
	}
	r.buf.close() // whatever may be read is being read: see markReady
}

// finished takes in that a shard's goroutine has nothing left to do.
func (r *run) finished() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reading--
	r.checkComplete()
}

// now is the service's clock, carried on by this process's.
func (r *run) now() time.Time { return r.serviceTime(time.Now()) }

// serviceTime is what the service's clock showed when this process's showed now.
func (r *run) serviceTime(now time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clock.Add(now.Sub(r.local))
}

// openShards returns how many shards are being read.
func (r *run) openShards() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reading
}

// takeSlot waits for one of the fetches that may be under way at once.
func (r *run) takeSlot(ctx context.Context) error {
	if r.slots == nil {
		return nil
	}
	select {
	case r.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (r *run) giveSlot() {
	if r.slots != nil {
		<-r.slots
	}
}

// source is what delivers a shard.
func (s *streamRun) source(a *Assignment) Source {
	if s.run.o.Source != nil {
		return s.run.o.Source(a)
	}
	return newPolling(a)
}

// read fetches one shard to its end, or to the bound.
func (s *streamRun) read(ctx context.Context, shard *shard) error {
	s.run.log.Debug("shard opened", "stream", s.ref.Name, "shard", shard.id, "position", describe(shard.at))
	a := newAssignment(s, shard.id, shard.at)
	defer a.leave(ctx)
	source := s.source(a)
	defer source.Close()
	at, late := shard.at, late{}
	for {
		resp, err := source.Next(ctx, s.run.buf)
		if err != nil {
			return err
		}
		if err := s.guardLive(ctx, shard.id, at, resp); err != nil {
			return err
		}
		if resp.latest = resp.ServerTime; resp.latest.IsZero() {
			resp.latest = s.run.dates.Now()
		}
		found := s.cut(&late, shard, resp)
		if found.back {
			s.run.buf.Return(resp.Taken)
			source.Rewind(at)
			continue
		}
		if at, err = s.deliver(ctx, shard, resp, at, found); err != nil {
			return err
		}
		s.wasHeard(shard)
		switch {
		case at.Kind == record.ShardEnd: // and its last block is ahead of all its children's
			return s.ended(ctx, shard, resp.Children)
		case found.done:
			s.paused(shard)
			return nil
		}
	}
}
