package reader

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/internal/record"
)

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
	return View{s.ref, s.listedAt, s.place, s.lineage, s.listed, s.retention(), s.losses, s.unseen.recreated, s.unseen.trimmed}
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

// Accepts asks for an iterator at a shard's position. refused says that the
// service does not accept the position; err is its answer then.
func (s *Stream) Accepts(ctx context.Context, shard string, at checkpoint.Shard) (refusal bool, err error) {
	a := newAssignment(s, shard, at)
	if a.IsTrimmed(at) { // a quiet shard's: a run begins with the oldest record
		return false, nil
	}
	if err := s.takeSlot(ctx); err != nil {
		return false, err
	}
	defer s.giveSlot()
	p := newPolling(a)
	_, err = patiently(ctx, s.session, startTimeout, func(err error) error { return p.Error("GetShardIterator", err) }, p.newIterator)
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
	_, err := attempt(ctx, func(ctx context.Context) (*kinesis.ListShardsOutput, error) {
		return s.client.ListShards(ctx, &kinesis.ListShardsInput{
			StreamName: s.ref.ByName(), StreamARN: s.ref.ByARN(), MaxResults: aws.Int32(1),
		})
	})
	return err
}

// CheckAncestors refuses positions by which, together with what is listed, a shard
// descends from itself.
func (s *Stream) CheckAncestors(saved map[string]checkpoint.Shard) error {
	if err := (lineage.Placement{Saved: saved}).CheckAncestors(s.lineage); err != nil {
		return s.misplaced(err)
	}
	return nil
}

// NotFound is the error for a shard that the stream does not have.
func (s *Stream) NotFound(shard string) error { return s.notFound(shard) }

// ReportUncompared reports that the checkpoint does not say when its stream was
// created.
func (s *Stream) ReportUncompared() { s.reportUncompared() }
