package reader

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/servertime"
	"kin/internal/service"
)

// LookOptions says which streams a Looker looks at, and from where.
type LookOptions struct {
	// Streams are names or ARNs, each stream once.
	Streams []string
	// Positions are those of a run. They are loaded for each look, so that a run
	// that moves them is seen to move, and never saved. nil looks from
	// InitialPosition; an age counts from the first look.
	Positions       Positions
	InitialPosition record.Position

	// Say, Chat and Log are as in Options.
	Say, Chat func(message string)
	Log       *slog.Logger
}

// Looker tells where the shards of streams stand, as a run finds them that
// begins at the same positions: it lists, places, guards and paces as a run
// does, and changes nothing. It is made by NewLooker, and its methods are for
// one goroutine.
type Looker struct {
	client timedClient
	clock  *serverClock
	dates  *servertime.Check // of all looks
	o      Options
	// next is when a shard may be fetched again; a look that comes too early
	// waits.
	next  map[shardKey]time.Time
	arns  map[string]string    // of the streams whose ARN was asked for; "" is not told
	seen  map[string]time.Time // streams that a look has seen, and the service's time then
	quiet bool                 // what was said by the look before is not said again
	sizes answerSizes
}

const (
	// looksAtOnce bounds the fetches of a look that are under way; fewer are where
	// records are large.
	looksAtOnce = 32
	// lookRetries is how long a look tries a call.
	lookRetries = startTimeout
)

// NewLooker checks every field of o and returns a looker, or an *OptionError
// that names the field in words.
func NewLooker(client Client, lo LookOptions) (*Looker, error) {
	o := DefaultOptions()
	o.Streams, o.InitialPosition, o.Positions = lo.Streams, lo.InitialPosition, lo.Positions
	o.Encode = func(dst []byte, _ record.Record) ([]byte, error) { return dst, nil }
	// One record tells how old the oldest unread one is.
	o.MaxRecordsPerFetch = 1
	o.FetchBufferSize = looksAtOnce * leastReservation
	o.ShardsPerTask, o.Tasks = looksAtOnce, 1
	o.RetryFor = lookRetries
	o.AllowDataLoss = true // what is gone is not unread any more
	o.Say, o.Chat, o.Log = lo.Say, lo.Chat, lo.Log
	r, err := New(client, o)
	if err != nil {
		return nil, err
	}
	clock, dates := &serverClock{}, &servertime.Check{Report: r.o.Say}
	l := &Looker{
		client: timedClient{client, clock, dates}, clock: clock, dates: dates, o: r.o,
		next: map[shardKey]time.Time{}, arns: map[string]string{}, seen: map[string]time.Time{},
	}
	return l, nil
}

// Look is where the shards of all streams stand at one time.
type Look struct {
	Time    time.Time // the service's clock
	Streams []StreamLook
	Failed  []StreamFailure // of several streams, those that are not among Streams
}

// StreamLook is one stream of a look: its shards by ID.
type StreamLook struct {
	Stream string
	ARN    string // empty when it is not known
	Shards []ShardLook
	// Losses are what is gone, or may be, that was not read, in words.
	Losses []string
	// Lag sums up the shards that are not Done.
	Lag StreamLag
}

// ShardState is what a run does with a shard.
type ShardState string

// The states of shards.
const (
	// Reading: a run fetches the shard.
	Reading ShardState = "READING"
	// WaitingForParent: a run fetches it when its parents were read.
	WaitingForParent ShardState = "WAITING_FOR_PARENT"
	// Done: it was read to its end, or is gone.
	Done ShardState = "DONE"
)

// ShardLook is one shard of a look.
type ShardLook struct {
	ShardID string
	State   ShardState
	Parents []string // none, one, or two after a merge
	// Position is where a run begins in the shard.
	Position checkpoint.Shard
	// MillisBehindLatest is how long ago the oldest record arrived that was not
	// read yet. Without one it is what the service says of an empty page: 0 at
	// the tip, also of a shard that has been quiet for long. A shard that waits
	// for its parents is behind by its own data. It is 0 of a Done shard.
	MillisBehindLatest int64
}

// Look looks at every shard once, with one GetRecords for each that is not
// Done. Its errors are those of Reader.Run. Of several streams, one that fails is among
// the failed ones of the look; it is an error when all of them fail.
func (l *Looker) Look(ctx context.Context) (Look, error) {
	run, failed, err := l.open(ctx)
	if err != nil {
		return Look{}, err
	}
	glances, err := l.fetch(ctx, run)
	if err != nil {
		return Look{}, run.fact(ctx, err)
	}
	if failed, err = run.without(ctx, failed, func(*streamRun) bool { return true }); err != nil {
		return Look{}, err
	}
	heard := time.Now() // what follows may take a moment
	l.sharpen(ctx, run, glances)
	look := Look{Time: l.clock.at(heard).Truncate(time.Millisecond), Failed: failed}
	for _, s := range run.streams {
		sl := StreamLook{Stream: s.ref.Name, ARN: l.arn(ctx, s), Losses: s.losses}
		for ; len(glances) > 0 && glances[0].stream == s; glances = glances[1:] {
			sl.Shards = append(sl.Shards, glances[0].look(l.clock))
		}
		sl.sum()
		look.Streams = append(look.Streams, sl)
	}
	for _, s := range run.streams {
		if _, again := l.seen[s.ref.Given]; !again {
			l.seen[s.ref.Given] = s.listedAt
		}
	}
	l.quiet = true
	return look, nil
}

// open lists and places all shards as a run does at its start.
func (l *Looker) open(ctx context.Context) (r *run, failed []StreamFailure, err error) {
	o := l.o
	if l.quiet {
		o.Say = o.Chat // of the positions; fetching says what it has to say
	}
	r = l.lookingRun(ctx, o)
	r.accepted, r.partial = len(l.seen) > 0, len(o.Streams) > 1
	err = r.placeAll(ctx)
	if since := l.seen; len(since) > 0 {
		for _, s := range r.streams {
			s.listedAt = since[s.ref.Given] // a stream that is younger is another
		}
		err = r.fact(ctx, err)
	}
	if err != nil {
		return nil, nil, err
	}
	if failed, err = r.without(ctx, nil, l.hasSeen); err != nil {
		return nil, nil, err
	}
	r.o.Say = l.o.Say
	if p := l.o.InitialPosition; p.Kind == record.Ago {
		l.o.InitialPosition = record.AtTime(r.clock.Add(-p.Age))
	}
	return r, failed, nil
}

// hasSeen reports whether a look before this one has seen the stream.
func (l *Looker) hasSeen(s *streamRun) bool {
	_, seen := l.seen[s.ref.Given]
	return seen
}

// lookingRun is a run that reads nothing. It reports calls that keep failing, whatever o
// does with its other messages.
func (l *Looker) lookingRun(ctx context.Context, o Options) *run {
	r := lookingRun(ctx, l.client, o)
	r.reporter.Report = l.o.Say
	return r
}

// lookingRun is a run that reads nothing.
func lookingRun(ctx context.Context, client timedClient, o Options) *run {
	r := &run{
		client: client, o: o, positions: o.Positions, log: o.Log, progress: &progress{}, ctx: ctx,
		buf:      newBuffer(o.FetchBufferSize),
		reporter: service.NewReporter(o.Say),
		dates:    client.dates,
		hints:    hints{say: o.Chat},
		slots:    make(chan struct{}, o.Tasks*o.ShardsPerTask),
		looking:  true,
	}
	if r.positions == nil {
		r.positions = forgetful{}
	}
	return r
}

// placeAll is open, but for saving.
func (r *run) placeAll(ctx context.Context) error {
	if err := r.place(ctx); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.setClock()
	return nil
}

// fetch glances at every shard that is not outside the run, by stream and ID.
func (l *Looker) fetch(ctx context.Context, r *run) ([]*glance, error) {
	var all []*glance // nobody else knows the run until the first is fetched
	for _, s := range r.streams {
		for _, shard := range s.lineage.sorted() {
			g := &glance{stream: s, shard: shard, at: shard.at, state: WaitingForParent}
			if saved, known := s.place.saved[shard.id]; known {
				g.at = saved // the guard may have moved on from it
			}
			switch {
			case shard.state == outside:
				continue
			case shard.state == ended:
				g.state = Done
			case s.lineage.isReady(shard):
				g.state = Reading
			}
			all = append(all, g)
		}
	}
	group, groupCtx := errgroup.WithContext(ctx) // the run's slots bound it, so that a shard that sleeps keeps nobody waiting
	for s, glances := range byStream(all) {
		ofStream, streamCtx := errgroup.WithContext(groupCtx)
		for _, g := range glances {
			due := l.next[g.key()]
			ofStream.Go(func() error { return g.fetch(streamCtx, due, &l.sizes) })
		}
		group.Go(func() error {
			err := ofStream.Wait()
			if err != nil && r.partial && isOfStream(ctx, err) {
				s.failed, err = err, nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(g *glance) bool { return g.stream.failed != nil })
	for _, g := range all {
		l.next[g.key()] = g.next
	}
	return all, nil
}

// byStream has the glances of each stream that need a call.
func byStream(all []*glance) map[*streamRun][]*glance {
	found := map[*streamRun][]*glance{}
	for _, g := range all {
		if g.state != Done {
			found[g.stream] = append(found[g.stream], g)
		}
	}
	return found
}

// sum makes the connector's three figures out of the shards that are not Done.
func (s *StreamLook) sum() {
	var lags []Lag
	for _, shard := range s.Shards {
		if shard.State != Done {
			lags = append(lags, Lag{s.Stream, shard.ShardID, shard.MillisBehindLatest})
		}
	}
	s.Lag = summarize(s.Stream, lags)
}

// arn is the stream's ARN, as far as it is known. A look from a position has
// no other use for the call, so that one attempt is enough; the permission is
// optional.
func (l *Looker) arn(ctx context.Context, s *streamRun) string {
	if s.ref.ARN != "" {
		return s.ref.ARN
	}
	if entry := s.run.file.Find(s.ref.Name); entry != nil && entry.ARN != "" {
		return entry.ARN
	}
	if _, asked := l.arns[s.ref.Name]; !asked && l.o.Positions == nil {
		out, err := s.describe(ctx)
		if err != nil || out.StreamDescriptionSummary == nil {
			s.run.log.Debug("describe stream", "stream", s.ref.Name, "error", err)
			l.arns[s.ref.Name] = ""
		} else {
			l.arns[s.ref.Name] = aws.ToString(out.StreamDescriptionSummary.StreamARN)
		}
	}
	return l.arns[s.ref.Name]
}
