package inspect

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/servertime"
	"kin/internal/service"
	"kin/reader"
)

// LookOptions says which streams a Looker looks at, and from where.
type LookOptions struct {
	// Streams are names or ARNs, each stream once.
	Streams []string
	// Positions are those of a run. They are loaded for each look, so that a run
	// that moves them is seen to move, and never saved. nil looks from
	// InitialPosition; an age counts from the first look.
	Positions       reader.Positions
	InitialPosition record.Position

	// Info, Detail and Log are as in reader.Options.
	Info, Detail func(message string)
	Log          *slog.Logger
}

// Looker finds out how far each shard was read. It sees what a run from the same positions
// would see: it lists, places, guards and paces as a run does, and changes nothing. It is
// made by NewLooker, and its methods are for one goroutine.
type Looker struct {
	client timedClient
	clock  *serverClock
	dates  *servertime.Check // of all looks
	o      reader.Options
	// next is when a shard may be fetched again; a look that comes too early
	// waits.
	next  map[shardKey]time.Time
	arns  map[string]string    // of the streams whose ARN was asked for; "" is not known
	seen  map[string]time.Time // the service's time when each stream was first looked at
	quiet bool                 // set after the first look: its reports are not repeated
	sizes answerSizes
}

// lookRetries is how long a look tries a call.
const lookRetries = service.StartTimeout

// NewLooker checks every field of o and returns a looker, or an *OptionError
// that names the field in words.
func NewLooker(client reader.Client, lo LookOptions) (*Looker, error) {
	o := reader.DefaultOptions()
	o.Streams, o.InitialPosition, o.Positions = lo.Streams, lo.InitialPosition, lo.Positions
	o.Encode = func(dst []byte, _ record.Record) ([]byte, error) { return dst, nil }
	// One record of each shard is enough: it is the oldest unread one.
	o.MaxRecordsPerFetch = 1
	o.FetchBufferSize = probeBuffer
	o.ShardsPerTask, o.Tasks = probesInFlight, 1
	o.RetryFor = lookRetries
	o.AllowDataLoss = true // records that are no longer retained are not unread
	o.Info, o.Detail, o.Log = lo.Info, lo.Detail, lo.Log
	o, err := o.Complete()
	if err != nil {
		return nil, err
	}
	clock, dates := &serverClock{}, &servertime.Check{Report: o.Info}
	l := &Looker{
		client: timedClient{client, clock, dates}, clock: clock, dates: dates, o: o,
		next: map[shardKey]time.Time{}, arns: map[string]string{}, seen: map[string]time.Time{},
	}
	return l, nil
}

// opener opens streams for one look.
func (l *Looker) opener() reader.Opener {
	return reader.Opener{Client: l.client, Options: l.o, Dates: l.dates}
}

// Look looks at every shard once, with one GetRecords for each that is not
// Done. Its errors are those of Reader.Run. Of several streams, one that
// fails is listed in Look.Failed. It is an error only if all of them fail.
func (l *Looker) Look(ctx context.Context) (Look, error) {
	streams, err := l.open(ctx)
	if err != nil {
		return Look{}, err
	}
	probes, failed, err := l.probe(ctx, streams)
	if err != nil {
		return Look{}, streams.Fact(ctx, err)
	}
	if err := streams.Drop(ctx, failed); err != nil {
		return Look{}, err
	}
	answeredAt := time.Now() // what follows may take a moment
	l.sharpen(ctx, streams.Streams[0], probes)
	look := Look{Time: l.clock.at(answeredAt).Truncate(time.Millisecond), Failed: streams.Failed}
	for _, s := range streams.Streams {
		of := s.View()
		sl := StreamLook{Stream: of.Name, ARN: l.arn(ctx, s, streams.File.Find(of.Name)), Losses: of.Losses}
		for ; len(probes) > 0 && probes[0].stream == s; probes = probes[1:] {
			sl.Shards = append(sl.Shards, probes[0].look(l.clock))
		}
		sl.sum()
		look.Streams = append(look.Streams, sl)
	}
	for _, s := range streams.Streams {
		of := s.View()
		if _, again := l.seen[of.Given]; !again {
			l.seen[of.Given] = of.ListedAt
		}
	}
	l.quiet = true
	return look, nil
}

// open lists and places all shards as a run does at its start.
func (l *Looker) open(ctx context.Context) (*reader.Opening, error) {
	opener := l.opener()
	opener.Quiet, opener.Since, opener.Partial = l.quiet, l.seen, len(l.o.Streams) > 1
	streams, err := opener.Open(ctx)
	if err != nil {
		return nil, err
	}
	if p := l.o.InitialPosition; p.Kind == record.Ago {
		l.o.InitialPosition = record.AtTime(streams.Time.Add(-p.Age))
	}
	return streams, nil
}

// arn is the stream's ARN, as far as it is known; entry is what the positions have
// of it, and may be nil. A look from a position has no other use for the call, so
// that one attempt is enough; the permission is optional.
func (l *Looker) arn(ctx context.Context, s *reader.Stream, entry *checkpoint.Stream) string {
	of := s.View()
	if of.ARN != "" {
		return of.ARN
	}
	if entry != nil && entry.ARN != "" {
		return entry.ARN
	}
	if _, asked := l.arns[of.Name]; !asked && l.o.Positions == nil {
		l.arns[of.Name] = ""
		summary, err := s.Describe(ctx)
		if err != nil || summary == nil {
			l.o.Log.Debug("describe stream", "stream", of.Name, "error", err)
		} else {
			l.arns[of.Name] = aws.ToString(summary.StreamARN)
		}
	}
	return l.arns[of.Name]
}

// probe fetches every shard that is not outside the run once. It returns the
// probes by stream and shard ID, and the streams of which a fetch failed where
// others are left.
func (l *Looker) probe(ctx context.Context, streams *reader.Opening) ([]*probe, map[*reader.Stream]error, error) {
	all := probes(streams)
	budget := &probeBudget{free: semaphore.NewWeighted(probeBuffer), sizes: &l.sizes}
	errs := make(chan streamError, len(streams.Streams))
	group, groupCtx := errgroup.WithContext(ctx) // the session's slots bound it, so that a shard that sleeps keeps nobody waiting
	for s, of := range byStream(all) {
		ofStream, streamCtx := errgroup.WithContext(groupCtx)
		for _, p := range of {
			due := l.next[p.key()]
			ofStream.Go(func() error { return p.fetch(streamCtx, due, budget) })
		}
		group.Go(func() error {
			err := ofStream.Wait()
			if err != nil && len(l.o.Streams) > 1 && reader.IsOfStream(ctx, err) {
				errs <- streamError{s, err}
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	close(errs)
	failed := map[*reader.Stream]error{}
	for e := range errs {
		failed[e.stream] = e.err
	}
	all = slices.DeleteFunc(all, func(p *probe) bool { return failed[p.stream] != nil })
	for _, p := range all {
		l.next[p.key()] = p.next
	}
	return all, failed, nil
}

type streamError struct {
	stream *reader.Stream
	err    error
}

// sharpen finds out the service's time to about a millisecond where a figure
// depends on it and this machine's clock is wrong: it asks for one shard again
// and again, at the turn of the service's second. That takes two or three seconds,
// and only with the first look; a call that fails ends it.
func (l *Looker) sharpen(ctx context.Context, s *reader.Stream, probes []*probe) {
	if !slices.ContainsFunc(probes, func(p *probe) bool { return !p.arrival.IsZero() }) {
		return
	}
	started := time.Now()
	for range mostQuestion {
		if l.clock.isRight() {
			return
		}
		at := l.clock.ask(time.Now())
		if at.IsZero() || at.Sub(started) > mostSharpen || service.Sleep(ctx, time.Until(at)) != nil {
			return
		}
		if err := s.AskTime(ctx); err != nil {
			l.o.Log.Debug("ask for the time", "error", err)
			return
		}
	}
}
