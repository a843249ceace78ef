package reader

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/internal/record"
	"kin/internal/servertime"
	"kin/internal/service"
)

// Opener opens streams as a run does at its start, for a look that changes
// nothing.
type Opener struct {
	Client Client
	// Options are complete. Their positions are loaded and never saved.
	Options Options
	// Dates checks the answers of all openings.
	Dates *servertime.Check
	// Quiet hands messages about the positions to Detail: they were reported before.
	Quiet bool
	// Partial says that one of several streams which cannot be opened does not
	// end the opening of the others.
	Partial bool
	// Tolerant says that positions that contradict a stream do not end the
	// opening, unless the stream was deleted and created again.
	Tolerant bool
	// Since has, by their names as given, the streams that an opening before this
	// one has found, and when. One that is younger is another stream.
	Since map[string]time.Time
}

// Opening is what a run knows of its streams before it reads.
type Opening struct {
	// File has the positions with all shards that are to be read.
	File    checkpoint.File
	Streams []*Stream
	Failed  []StreamFailure // of several streams, those that are not among Streams
	// Time is the service's clock when the streams were listed.
	Time time.Time
}

// Open lists all streams and decides where their shards begin. Its errors are
// those of Reader.Run.
func (o Opener) Open(ctx context.Context) (*Opening, error) {
	s := newSession(o.Client, o.Options, &progress{})
	s.dates, s.hints.report, s.accepted = o.Dates, o.Options.Detail, len(o.Since) > 0
	if o.Quiet {
		s.o.Info = o.Options.Detail
	}
	streams, err := openStreams(ctx, s, kept(o.Options.Positions), openMode{partial: o.Partial, tolerant: o.Tolerant})
	opening := &Opening{File: streams.file, Streams: streams.streams, Time: latest(streams.streams)}
	if len(o.Since) > 0 {
		for _, stream := range opening.Streams {
			stream.listedAt = o.Since[stream.ref.Given]
		}
		err = opening.Fact(ctx, err)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.setClock(opening.Time)
	s.mu.Unlock()
	s.o.Info = o.Options.Info // fetching reports what it has to
	return opening, opening.drop(ctx, streams.failed, func(s *Stream) bool { _, again := o.Since[s.ref.Given]; return again })
}

// Fact returns what became of a stream that a call did not find while it was
// looked at, or err.
func (o *Opening) Fact(ctx context.Context, err error) error { return fact(ctx, o.Streams, err) }

// Drop takes streams that failed out of the opening. The error is the first
// failure where no stream is left, or that the context has ended.
func (o *Opening) Drop(ctx context.Context, failed map[*Stream]error) error {
	return o.drop(ctx, failed, func(*Stream) bool { return true })
}

// drop is Drop. was reports whether a stream was there before: it may have been
// deleted since.
func (o *Opening) drop(ctx context.Context, failed map[*Stream]error, was func(*Stream) bool) error {
	all := len(o.Streams) + len(o.Failed)
	for _, s := range o.Streams {
		err := failed[s]
		if err == nil {
			continue
		}
		if was(s) {
			err = o.Fact(ctx, err)
		}
		o.Failed = append(o.Failed, StreamFailure{s.ref.Given, err})
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if len(o.Failed) == all {
		return o.Failed[0].Err
	}
	o.Streams = slices.DeleteFunc(o.Streams, func(s *Stream) bool { return failed[s] != nil })
	return nil
}

// What a look at an open stream may ask, beside a run and as a run asks.

// View is what the opening of a stream has found out about it. Its maps and its
// tree are the stream's own: they are to be read before the first probe.
type View struct {
	record.Stream
	ListedAt  time.Time // the service's clock
	Placement lineage.Placement
	Tree      *lineage.Tree
	Listed    map[string]bool // by shard ID, whether the listing shows it as closed
	Retention time.Duration   // 0 is not known
	// Losses are what is gone, or may be, that was not read, in words.
	Losses []string
	// NotRecreated and NotTrimmed are why it is not known whether the stream was
	// deleted and created again, and whether records expired unread; empty where
	// it is known.
	NotRecreated, NotTrimmed string
}

// View returns what is known of the stream.
func (s *Stream) View() View {
	return View{s.ref, s.listedAt, s.placement, s.lineage, s.listed, s.retention(), s.losses, s.unchecked.recreated, s.unchecked.trimmed}
}

// Probe is what one fetch of one shard has shown.
type Probe struct {
	Next               time.Time // when the shard may be fetched again
	Bytes              int64     // of its records
	MillisBehindLatest int64
	Records            []types.Record
	Taken              int64 // room, to be returned
}

// Probe fetches a shard once at a position, not before due. The position does not
// move. It retries as a run does.
func (s *Stream) Probe(ctx context.Context, shard string, at checkpoint.Shard, due time.Time, room Room) (Probe, error) {
	a := newAssignment(s, shard, at)
	if a.IsTrimmed(a.begin) {
		// A source would find that out by asking, and ask again. What is left came
		// later than what was trimmed.
		a.begin = Oldest()
	}
	p := newPolling(a)
	p.due = due
	resp, err := p.Next(ctx, room)
	if err != nil {
		return Probe{}, err
	}
	return Probe{p.due, p.pace.size, aws.ToInt64(resp.MillisBehindLatest), resp.Records, resp.Taken}, nil
}

// Accepts asks for an iterator at a shard's position. refusal says that the
// service does not accept the position; err is then its answer.
func (s *Stream) Accepts(ctx context.Context, shard string, at checkpoint.Shard) (refusal bool, err error) {
	a := newAssignment(s, shard, at)
	if a.IsTrimmed(at) { // a quiet shard's: a run begins with the oldest record
		return false, nil
	}
	p := newPolling(a)
	_, err = patiently(ctx, s.session, startTimeout, func(err error) error { return p.Error("GetShardIterator", err) }, func(ctx context.Context) (string, error) {
		if err := s.takeSlot(ctx); err != nil {
			return "", err
		}
		defer s.giveSlot()
		return p.newIterator(ctx)
	})
	return err != nil && classify(err) == refused, err
}

// Describe makes one attempt at the stream's summary. It may be nil.
func (s *Stream) Describe(ctx context.Context) (*types.StreamDescriptionSummary, error) {
	out, err := s.describe(ctx)
	if err != nil {
		return nil, err
	}
	return out.StreamDescriptionSummary, nil
}

// AskTime makes one attempt at a call whose answer has a Date.
func (s *Stream) AskTime(ctx context.Context) error {
	_, err := service.Attempt(ctx, func(ctx context.Context) (*service.ListShardsOutput, error) {
		return s.client.ListShards(ctx, &service.ListShardsInput{
			StreamName: s.ref.ByName(), StreamARN: s.ref.ARN, MaxResults: 1,
		})
	})
	return err
}

// CheckAncestors refuses positions by which, together with what is listed, a shard
// descends from itself.
func (s *Stream) CheckAncestors(saved map[string]checkpoint.Shard) error {
	if err := (lineage.Placement{Saved: saved}).CheckAncestors(s.lineage); err != nil {
		return s.placementError(err)
	}
	return nil
}

// NotFound is the error for a shard that the stream does not have.
func (s *Stream) NotFound(shard string) error { return s.notFound(shard) }

// ReportUncompared reports that the checkpoint does not say when its stream was
// created.
func (s *Stream) ReportUncompared() { s.reportUncompared() }
