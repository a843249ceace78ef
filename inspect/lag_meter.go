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

// LagMeterOptions sets which streams a LagMeter reads, and from where.
type LagMeterOptions struct {
	// Streams are names or ARNs, each stream once.
	Streams []string
	// Positions are those of a run. They are loaded for each measurement, so they follow a run that
	// moves them, and are never saved. nil uses InitialPosition; an age is then relative to the
	// first measurement.
	Positions       reader.Positions
	InitialPosition record.Position

	// Info, Detail and Log are as in reader.Options.
	Info, Detail func(message string)
	Log          *slog.Logger
}

// LagMeter finds out how far each shard was read. It lists the shards, chooses their positions and
// limits its calls as a run from the same positions does, and changes nothing. NewLagMeter creates
// one. Only one goroutine may use it.
type LagMeter struct {
	client timedClient
	clock  *serverClock
	dates  *servertime.Check // checks the Dates of all answers
	o      reader.Options
	// next is when each shard may be fetched again. A measurement waits for that time.
	next  map[shardKey]time.Time
	arns  map[string]string    // fetched ARNs by stream name; "" is not known
	seen  map[string]time.Time // the service's time of each stream's first measurement
	quiet bool                 // set after the first measurement: its messages are not repeated
	sizes answerSizes
}

// retryTime is how long a measurement retries a call.
const retryTime = service.StartTimeout

// NewLagMeter checks every field of lo and returns a LagMeter. The error is a
// *record.OptionError; its Field is the name of the field in words.
func NewLagMeter(client reader.Client, lo LagMeterOptions) (*LagMeter, error) {
	o := reader.DefaultOptions()
	o.Streams, o.InitialPosition, o.Positions = lo.Streams, lo.InitialPosition, lo.Positions
	o.Encode = func(dst []byte, _ record.Record) ([]byte, error) { return dst, nil }
	// One record of each shard is enough: it is the oldest unread one.
	o.MaxRecordsPerFetch = 1
	o.FetchBufferSize = probeBuffer
	o.ShardsPerTask, o.Tasks = probesInFlight, 1
	o.RetryFor = retryTime
	o.AllowDataLoss = true // records that are no longer retained are not unread
	o.Info, o.Detail, o.Log = lo.Info, lo.Detail, lo.Log
	o, err := o.Complete()
	if err != nil {
		return nil, err
	}
	clock, dates := &serverClock{}, &servertime.Check{Report: o.Info}
	l := &LagMeter{
		client: timedClient{client, clock, dates}, clock: clock, dates: dates, o: o,
		next: map[shardKey]time.Time{}, arns: map[string]string{}, seen: map[string]time.Time{},
	}
	return l, nil
}

// opener returns the options to open streams with.
func (l *LagMeter) opener() reader.Opener {
	return reader.Opener{Client: l.client, Options: l.o, Dates: l.dates}
}

// Measure makes one GetRecords call for each shard that is not Done, and returns the state of all
// shards. Its errors are those of Reader.Run. If there are several streams, one that fails is
// listed in LagReport.Failed, and only the failure of all is an error.
func (l *LagMeter) Measure(ctx context.Context) (LagReport, error) {
	streams, err := l.open(ctx)
	if err != nil {
		return LagReport{}, err
	}
	probes, failed, err := l.probe(ctx, streams)
	if err != nil {
		return LagReport{}, streams.ExplainNotFound(ctx, err)
	}
	if err := streams.Drop(ctx, failed); err != nil {
		return LagReport{}, err
	}
	answeredAt := time.Now() // the following calls may take a moment
	l.refineClock(ctx, streams.Streams[0], probes)
	report := LagReport{Time: l.clock.at(answeredAt).Truncate(time.Millisecond), Failed: streams.Failed}
	for _, s := range streams.Streams {
		of := s.View()
		streamReport := StreamReport{Stream: of.Name, ARN: l.arn(ctx, s, streams.File.Find(of.Name)), Losses: of.Losses}
		for ; len(probes) > 0 && probes[0].stream == s; probes = probes[1:] {
			streamReport.Shards = append(streamReport.Shards, probes[0].report(l.clock))
		}
		streamReport.sum()
		report.Streams = append(report.Streams, streamReport)
	}
	for _, s := range streams.Streams {
		of := s.View()
		if _, again := l.seen[of.Given]; !again {
			l.seen[of.Given] = of.ListedAt
		}
	}
	l.quiet = true
	return report, nil
}

// open lists and places all shards as a run does at its start.
func (l *LagMeter) open(ctx context.Context) (*reader.Opening, error) {
	opener := l.opener()
	opener.Quiet, opener.Since, opener.Partial = l.quiet, l.seen, len(l.o.Streams) > 1
	streams, err := opener.Open(ctx)
	if err != nil {
		return nil, err
	}
	// An age counts from the first measurement, so that all of them begin at the same time.
	l.o.InitialPosition = l.o.InitialPosition.Resolve(streams.Time)
	return streams, nil
}

// arn returns the stream's ARN; empty if not known. entry has the stream's positions, and may be
// nil. If neither has the ARN, a measurement from an InitialPosition makes one attempt to fetch it.
// The permission for that call is optional.
func (l *LagMeter) arn(ctx context.Context, s *reader.Stream, entry *checkpoint.Stream) string {
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

// probe fetches every shard that is not outside of the run once. It returns the probes by stream
// and shard ID. If there are several streams, it also returns those with a failed fetch.
func (l *LagMeter) probe(ctx context.Context, streams *reader.Opening) ([]*probe, map[*reader.Stream]error, error) {
	all := probes(streams)
	budget := &probeBudget{free: semaphore.NewWeighted(probeBuffer), sizes: &l.sizes}
	errs := make(chan streamError, len(streams.Streams))
	group, groupCtx := errgroup.WithContext(ctx) // the session's slots limit the fetches, so a sleeping shard blocks no other
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

// refineClock finds out the service's time to about a millisecond, if a lag depends on it and this
// machine's clock is wrong. It makes calls at the turn of the service's second. That takes two or
// three seconds, in the first measurement only. A call that fails ends it.
func (l *LagMeter) refineClock(ctx context.Context, s *reader.Stream, probes []*probe) {
	if !slices.ContainsFunc(probes, func(p *probe) bool { return !p.arrival.IsZero() }) {
		return
	}
	started := time.Now()
	for range maxTimeCalls {
		if l.clock.isRight() {
			return
		}
		at := l.clock.nextCall(time.Now())
		if at.IsZero() || at.Sub(started) > maxRefineTime || service.Sleep(ctx, time.Until(at)) != nil {
			return
		}
		if err := s.FetchTime(ctx); err != nil {
			l.o.Log.Debug("ask for the time", "error", err)
			return
		}
	}
}
