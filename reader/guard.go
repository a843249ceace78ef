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

// guard ends a run whose checkpoint is older than the retention period. If data loss is allowed, it
// moves these shards to the oldest retained record. lost are shards that are no longer listed and
// were not read to their end. entries are the positions to be saved.
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

// reportLoss reports lost records of a run that continues.
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

// expiry is how far a position may fall behind the retention period before the run ends. A run that
// reads the oldest retained records, as from trim_horizon, need not report that. The service does
// not delete to the second.
const expiry = time.Minute

// guardLive is guard for a shard that is being read. before is its position before a response. A
// run that could not fetch or write for longer than the retention period would otherwise resume
// wherever the service allows.
func guardLive(ctx context.Context, s *Stream, shard string, before checkpoint.Shard, resp *Response) error {
	through := before.ReadThrough.Time
	passed := func() bool {
		kept := s.retention()
		return kept > 0 && through.Before(resp.ServerTime.Add(-kept-expiry))
	}
	if s.o.Positions == nil || through.IsZero() || resp.ServerTime.IsZero() || !passed() {
		return nil
	}
	if err := s.fetchRetention(ctx); err != nil {
		return err
	}
	if !passed() { // it was increased since the run began
		return nil
	}
	lost := &DataLossError{Stream: s.ref.Name, gaps: []lineage.Gap{{Shard: shard, From: through, To: resp.ServerTime.Add(-s.retention())}}}
	if !s.o.AllowDataLoss {
		return lost
	}
	s.o.Info(lost.Error())
	return nil
}

// checkHalfRead refuses positions inside an aggregate in a run that does not expand aggregates. It
// is called before other goroutines use the stream's shards.
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

// checkStartSequence requests an iterator at the sequence number with which a run with new
// positions begins. A number that the service refuses is a *record.OptionError. If it were saved,
// every later run would fail. Runs without saved positions find out when they read.
func checkStartSequence(ctx context.Context, s *Stream) error {
	typed := s.placement.Initial
	if s.o.Positions == nil || s.placement.Saved != nil || typed.Kind != record.AtSequenceNumber {
		return nil
	}
	at := checkpoint.Shard{Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: typed.SequenceNumber}}
	p := newPolling(newAssignment(s, typed.ShardID, at))
	_, err := withRetries(ctx, s.session, startTimeout, func(err error) error { return p.Error("GetShardIterator", err) }, p.newIterator)
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

// checkFilter refuses the hash filter for a stream with the strategy AUTO.
func checkFilter(ctx context.Context, s *Stream) error {
	if !s.o.HashFilter {
		return nil
	}
	automatic, err := s.distribution.refresh(ctx, s.streamCalls, 0, startTimeout)
	if err == nil && automatic {
		err = &record.OptionError{Field: "hash filter", Want: fmt.Sprintf("a stream that places records by their hash keys; the RecordDistributionStrategy of %s is AUTO, and the filter would drop good records", s.ref.Name)}
	}
	return err
}
