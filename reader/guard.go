package reader

import (
	"context"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/internal/record"
)

// guard ends a run whose checkpoint is older than what the stream retains or,
// where data loss is allowed, moves those shards to the oldest record left. lost
// are shards that are no longer listed and were not read to their end, and
// entries are what is to be saved.
func (s opening) guard(now time.Time, lost []string, entries map[string]checkpoint.Shard) error {
	if s.place.Saved == nil {
		return nil
	}
	var gaps []lineage.Gap
	if s.retention() > 0 {
		gaps = s.place.Gaps(s.lineage, now, s.retention())
	}
	if len(gaps) > 0 && !s.o.AllowDataLoss {
		return &DataLossError{Stream: s.ref.Name, gaps: gaps}
	}
	reported := map[string]bool{}
	for _, g := range gaps {
		reported[g.Shard] = true
	}
	for _, id := range lost {
		at := entries[id]
		if reported[id] || !lineage.IsLoss(at, s.retention()) {
			continue
		}
		if s.retention() > 0 && !s.o.AllowDataLoss {
			return &DataLossError{Stream: s.ref.Name, gone: GoneMessage(s.ref.Name, id, at)}
		}
		s.lose(GoneMessage(s.ref.Name, id, at))
	}
	for _, g := range gaps {
		s.lose(GapMessage(s.ref.Name, g))
		if shard := s.lineage.Shards[g.Shard]; shard.State == lineage.Waiting {
			shard.At = checkpoint.Shard{Parents: shard.Parents, Position: record.Position{Kind: record.TrimHorizon}}
		} else {
			entries[g.Shard] = goneBy(entries[g.Shard], now)
		}
	}
	return nil
}

// lose tells of a loss that the run goes on behind.
func (s opening) lose(message string) {
	s.losses = append(s.losses, message)
	s.o.Say(message)
}

// goneBy is the position in a shard that is no longer retained at a time.
func goneBy(at checkpoint.Shard, now time.Time) checkpoint.Shard {
	t := record.Time{Time: now}
	return checkpoint.Shard{Parents: at.Parents, Position: record.Position{Kind: record.ShardEnd, SequenceNumber: at.SequenceNumber},
		LastArrival: at.LastArrival, ReadThrough: t, UpdatedAt: t}
}

// expiry is by how much what the service retains may have passed what was read
// before a run that is under way is ended: one that reads at the very edge of
// what is retained, as from trim_horizon, is no news to anybody, and the service
// does not delete to the second.
const expiry = time.Minute

// guardLive is guard for a shard that is being read: before is where it stood
// before a response. A run that could not fetch, or write, for longer than the
// stream retains its records, goes on wherever the service lets it.
func (s *Stream) guardLive(ctx context.Context, shard string, before checkpoint.Shard, resp *Response) error {
	through := before.ReadThrough.Time
	passed := func() bool {
		kept := s.retention()
		return kept > 0 && through.Before(resp.ServerTime.Add(-kept-expiry))
	}
	if s.o.Positions == nil || through.IsZero() || resp.ServerTime.IsZero() || !passed() {
		return nil
	}
	if err := s.learnRetention(ctx); err != nil {
		return err
	}
	if !passed() { // it was made longer since the run began
		return nil
	}
	lost := &DataLossError{Stream: s.ref.Name, gaps: []lineage.Gap{{Shard: shard, From: through, To: resp.ServerTime.Add(-s.retention())}}}
	if !s.o.AllowDataLoss {
		return lost
	}
	s.o.Say(lost.Error())
	return nil
}

// learnRetention asks how long the stream keeps its records now. What is not
// allowed leaves what was known.
func (s *Stream) learnRetention(ctx context.Context) error {
	out, err := patiently(ctx, s.session, startTimeout, s.callError("DescribeStreamSummary"), s.describe)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil || out.StreamDescriptionSummary == nil:
		s.log.Debug("describe stream", "stream", s.ref.Name, "error", err)
	default:
		s.keeps(out.StreamDescriptionSummary.RetentionPeriodHours)
	}
	return nil
}
