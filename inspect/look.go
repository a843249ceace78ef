// Package inspect looks at streams and at the positions of runs, and changes
// nothing: how far each shard is behind, whether positions still fit their
// streams, and where positions would be that begin anew.
//
// It sees streams as a run does that begins at the same positions: it opens them
// with reader.
package inspect

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/servertime"
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

// Looker tells where the shards of streams stand, as a run finds them that
// begins at the same positions: it lists, places, guards and paces as a run
// does, and changes nothing. It is made by NewLooker, and its methods are for
// one goroutine.
type Looker struct {
	client timedClient
	clock  *serverClock
	dates  *servertime.Check // of all looks
	o      reader.Options
	// next is when a shard may be fetched again; a look that comes too early
	// waits.
	next  map[shardKey]time.Time
	arns  map[string]string    // of the streams whose ARN was asked for; "" is not told
	seen  map[string]time.Time // streams that a look has seen, and the service's time then
	quiet bool                 // what was reported by the look before is not reported again
	sizes answerSizes
}

const (
	// probesInFlight bounds the fetches of a look that are in flight; fewer are where
	// records are large.
	probesInFlight = 32
	// lookRetries is how long a look tries a call.
	lookRetries = 30 * time.Second
)

// NewLooker checks every field of o and returns a looker, or an *OptionError
// that names the field in words.
func NewLooker(client reader.Client, lo LookOptions) (*Looker, error) {
	o := reader.DefaultOptions()
	o.Streams, o.InitialPosition, o.Positions = lo.Streams, lo.InitialPosition, lo.Positions
	o.Encode = func(dst []byte, _ record.Record) ([]byte, error) { return dst, nil }
	// One record tells how old the oldest unread one is.
	o.MaxRecordsPerFetch = 1
	o.FetchBufferSize = probeBuffer
	o.ShardsPerTask, o.Tasks = probesInFlight, 1
	o.RetryFor = lookRetries
	o.AllowDataLoss = true // what is gone is not unread any more
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

// Look is where the shards of all streams stand at one time.
type Look struct {
	Time    time.Time // the service's clock
	Streams []StreamLook
	Failed  []reader.StreamFailure // of several streams, those that are not among Streams
}

// StreamLook is one stream of a look: its shards by ID.
type StreamLook struct {
	Stream string
	ARN    string // empty when it is not known
	Shards []ShardLook
	// Losses are what is gone, or may be, that was not read, in words.
	Losses []string
	// Lag sums up the shards that are not Done.
	Lag reader.StreamLag
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
	heard := time.Now() // what follows may take a moment
	l.sharpen(ctx, streams.Streams[0], probes)
	look := Look{Time: l.clock.at(heard).Truncate(time.Millisecond), Failed: streams.Failed}
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

// sum makes the connector's three figures out of the shards that are not Done.
func (s *StreamLook) sum() {
	var lags []reader.Lag
	for _, shard := range s.Shards {
		if shard.State != Done {
			lags = append(lags, reader.Lag{Stream: s.Stream, ShardID: shard.ShardID, MillisBehindLatest: shard.MillisBehindLatest})
		}
	}
	s.Lag = reader.Summarize(s.Stream, lags)
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
