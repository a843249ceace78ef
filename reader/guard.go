package reader

import (
	"context"
	"fmt"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/internal/record"
	"kin/internal/service"
)

// guard ends a run whose checkpoint is older than what the stream retains or,
// where data loss is allowed, moves those shards to the oldest record left. lost
// are shards that are no longer listed and were not read to their end, and
// entries are what is to be saved.
func guard(s *Stream, now time.Time, lost []string, entries map[string]checkpoint.Shard) error {
	if s.placement.Saved == nil {
		return nil
	}
	var gaps []lineage.Gap
	if s.retention() > 0 {
		gaps = s.placement.Gaps(s.lineage, now, s.retention())
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
			return &DataLossError{Stream: s.ref.Name, missing: NotRetainedMessage(s.ref.Name, id, at)}
		}
		reportLoss(s, NotRetainedMessage(s.ref.Name, id, at))
	}
	for _, g := range gaps {
		reportLoss(s, GapMessage(s.ref.Name, g))
		if shard := s.lineage.Shards[g.Shard]; shard.State == lineage.Waiting {
			shard.At = checkpoint.Shard{Parents: shard.Parents, Position: record.Position{Kind: record.TrimHorizon}}
		} else {
			entries[g.Shard] = trimmedAt(entries[g.Shard], now)
		}
	}
	return nil
}

// reportLoss reports lost records where the run continues.
func reportLoss(s *Stream, message string) {
	s.losses = append(s.losses, message)
	s.o.Info(message)
}

// trimmedAt is the position in a shard that is no longer retained at a time.
func trimmedAt(at checkpoint.Shard, now time.Time) checkpoint.Shard {
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
func guardLive(ctx context.Context, s *Stream, shard string, before checkpoint.Shard, resp *Response) error {
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
	s.o.Info(lost.Error())
	return nil
}

// checkHalfRead refuses positions inside an aggregate to a run that does not
// expand them. It is for the start, when nobody else knows the stream's shards.
func checkHalfRead(s *Stream) error {
	if !s.o.NoDeaggregate {
		return nil
	}
	for _, shard := range s.lineage.Shards {
		if sub := shard.At.SubSequenceNumber; shard.State == lineage.Waiting && sub != nil {
			return &HalfReadError{Stream: s.ref.Name, Shard: shard.ID, SequenceNumber: shard.At.SequenceNumber, SubSequenceNumber: *sub}
		}
	}
	return nil
}

// checkTyped asks for an iterator at the sequence number that a run with new
// positions begins with. A number that the service refuses is an *OptionError: once
// it was saved, no later run could get past it. Runs whose positions are not kept
// find out when they read.
func checkTyped(ctx context.Context, s *Stream) error {
	typed := s.placement.Initial
	if s.o.Positions == nil || s.placement.Saved != nil || typed.Kind != record.AtSequenceNumber {
		return nil
	}
	at := checkpoint.Shard{Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: typed.SequenceNumber}}
	p := newPolling(newAssignment(s, typed.ShardID, at))
	_, err := patiently(ctx, s.session, startTimeout, func(err error) error { return p.Error("GetShardIterator", err) }, p.newIterator)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case classify(err) == refused:
		return p.Refused(at, err)
	case s.o.Source != nil && service.IsDenied(err):
		return nil // another source does not need the call: its own first call decides
	}
	return err
}

// checkFilter refuses the hash filter for a stream whose ranges mean nothing.
func checkFilter(ctx context.Context, s *Stream) error {
	if !s.o.HashFilter {
		return nil
	}
	automatic, err := s.distribution.ask(ctx, s.streamCalls, 0, startTimeout)
	if err == nil && automatic {
		err = &record.OptionError{Field: "hash filter", Want: fmt.Sprintf("a stream that places records by their hash keys; the RecordDistributionStrategy of %s is AUTO, and the filter would drop good records", s.ref.Name)}
	}
	return err
}
