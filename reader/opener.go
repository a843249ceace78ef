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

// Opener opens streams as a run does at its start, but saves nothing.
type Opener struct {
	Client Client
	// Options are complete. Their positions are loaded and never saved.
	Options Options
	// Dates checks the Dates of the answers of all openings.
	Dates *servertime.Check
	// Quiet sends messages about the positions to Detail, because they were reported before.
	Quiet bool
	// Partial means that a stream which cannot be opened does not end the opening of the others.
	Partial bool
	// Tolerant means that positions that contradict a stream do not end the opening. A stream that
	// was deleted and created again still does.
	Tolerant bool
	// Since has the streams that an earlier opening found, and when; the keys are the names as
	// given. A stream that was created later is another stream.
	Since map[string]time.Time
}

// Opening is what a run knows of its streams before it reads.
type Opening struct {
	// File has the positions with all shards to read.
	File    checkpoint.File
	Streams []*Stream
	Failed  []StreamFailure // the streams that could not be opened
	// Time is the service's clock when the streams were listed.
	Time time.Time
}

// Open lists all streams and decides where their shards begin. Its errors are those of Reader.Run.
func (o Opener) Open(ctx context.Context) (*Opening, error) {
	s := newSession(o.Client, o.Options, &progress{})
	s.dates, s.hints.report, s.accepted = o.Dates, o.Options.Detail, len(o.Since) > 0
	if o.Quiet {
		s.o.Info = o.Options.Detail
	}
	streams, err := openStreams(ctx, s, orUnsaved(o.Options.Positions), openMode{partial: o.Partial, tolerant: o.Tolerant})
	opening := &Opening{File: streams.file, Streams: streams.streams, Time: latest(streams.streams)}
	if len(o.Since) > 0 {
		for _, stream := range opening.Streams {
			stream.listedAt = o.Since[stream.ref.Given]
		}
		err = opening.ExplainNotFound(ctx, err)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.setClock(opening.Time)
	s.mu.Unlock()
	s.o.Info = o.Options.Info // Quiet concerns the positions only
	return opening, opening.drop(ctx, streams.failed, func(s *Stream) bool { _, again := o.Since[s.ref.Given]; return again })
}

// ExplainNotFound checks whether the stream of a failed call was deleted or created again since it
// was opened. It returns that error, or err if the stream is unchanged.
func (o *Opening) ExplainNotFound(ctx context.Context, err error) error {
	return explainNotFound(ctx, o.Streams, err)
}

// Drop removes the streams that failed. It returns the first failure if no stream remains, or the
// cause of ctx if that has ended.
func (o *Opening) Drop(ctx context.Context, failed map[*Stream]error) error {
	return o.drop(ctx, failed, func(*Stream) bool { return true })
}

// drop is Drop. was reports whether an earlier opening found the stream: it may have been deleted
// since.
func (o *Opening) drop(ctx context.Context, failed map[*Stream]error, was func(*Stream) bool) error {
	all := len(o.Streams) + len(o.Failed)
	for _, s := range o.Streams {
		err := failed[s]
		if err == nil {
			continue
		}
		if was(s) {
			err = o.ExplainNotFound(ctx, err)
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

// The calls that are made about an open stream, while a run reads it or without one.

// View is what an opening knows about a stream. Its maps and its tree belong to the stream: read
// them before the first Probe.
type View struct {
	record.Stream
	ListedAt  time.Time // the service's clock
	Placement lineage.Placement
	Tree      *lineage.Tree
	Listed    map[string]bool // by shard ID: whether the listing shows the shard as closed
	Retention time.Duration   // 0 if not known
	// Losses are messages about records that are gone, or may be, and were not read.
	Losses []string
	// NotRecreated is why it is not known whether the stream was deleted and created again.
	// NotTrimmed is why it is not known whether records expired unread. Empty if it is known.
	NotRecreated, NotTrimmed string
}

// View returns what is known of the stream.
func (s *Stream) View() View {
	return View{s.ref, s.listedAt, s.placement, s.lineage, s.listed, s.retention(), s.losses, s.unchecked.recreated, s.unchecked.trimmed}
}

// Probe is the result of one fetch of one shard.
type Probe struct {
	Next               time.Time // when the shard may be fetched again
	Bytes              int64     // of payloads and partition keys
	MillisBehindLatest int64
	Records            []types.Record
	Reserved           int64 // bytes reserved in the Budget, for the caller to release
}

// Probe fetches a shard once at a position, not before due. The position does not move. Probe
// retries as a run does. The caller has to pass Probe.Reserved to budget.Release. With an error
// nothing stays reserved.
func (s *Stream) Probe(ctx context.Context, shard string, at checkpoint.Shard, due time.Time, budget Budget) (Probe, error) {
	a := newAssignment(s, shard, at)
	if a.IsTrimmed(a.begin) {
		// A source would only find this out by a fetch, and fetch again. Every retained record is
		// newer than a trimmed one.
		a.begin = Oldest()
	}
	p := newPolling(a)
	p.due = due
	resp, err := p.Next(ctx, budget)
	if err != nil {
		return Probe{}, err
	}
	return Probe{p.due, p.pace.size, aws.ToInt64(resp.MillisBehindLatest), resp.Records, resp.Reserved}, nil
}

// Accepts requests an iterator at a shard's position. refusal means that the service does not
// accept the position; err is then its answer. Other errors are a *CallError, a *GaveUpError after
// 30 s of retries, and the cause of ctx.
func (s *Stream) Accepts(ctx context.Context, shard string, at checkpoint.Shard) (refusal bool, err error) {
	a := newAssignment(s, shard, at)
	if a.IsTrimmed(at) { // in a quiet shard; a run begins with the oldest record
		return false, nil
	}
	p := newPolling(a)
	_, err = withRetries(ctx, s.session, startTimeout, func(err error) error { return p.Error("GetShardIterator", err) }, func(ctx context.Context) (string, error) {
		if err := s.acquireSlot(ctx); err != nil {
			return "", err
		}
		defer s.releaseSlot()
		return p.newIterator(ctx)
	})
	return err != nil && classify(err) == refused, err
}

// Describe makes one attempt to fetch the stream's summary. The summary is nil with an error, and
// if the answer has none.
func (s *Stream) Describe(ctx context.Context) (*types.StreamDescriptionSummary, error) {
	out, err := s.describe(ctx)
	if err != nil {
		return nil, err
	}
	return out.StreamDescriptionSummary, nil
}

// FetchTime makes one attempt at a call, for the Date of its answer.
func (s *Stream) FetchTime(ctx context.Context) error {
	_, err := service.Attempt(ctx, func(ctx context.Context) (*service.ListShardsOutput, error) {
		return s.client.ListShards(ctx, &service.ListShardsInput{
			StreamName: s.ref.ByName(), StreamARN: s.ref.ARN, MaxResults: 1,
		})
	})
	return err
}

// CheckAncestors returns a *CheckpointError if saved and the listed shards together make a shard
// its own ancestor.
func (s *Stream) CheckAncestors(saved map[string]checkpoint.Shard) error {
	if err := (lineage.Placement{Saved: saved}).CheckAncestors(s.lineage); err != nil {
		return s.placementError(err)
	}
	return nil
}

// NotFound is the error for a shard that the stream does not have.
func (s *Stream) NotFound(shard string) error { return s.notFound(shard) }

// ReportUncompared reports that the checkpoint does not have the creation time of its stream.
func (s *Stream) ReportUncompared() { s.reportUncompared() }
