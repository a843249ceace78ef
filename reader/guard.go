package reader

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/internal/record"
)

// DataLossError means that records were trimmed, or may have been, before the
// run could read them.
type DataLossError struct {
	Stream string
	gaps   []lineage.Gap
	gone   string // of a shard that is not there any more, in words
}

func (e *DataLossError) Error() string {
	if e.gone != "" {
		return e.gone
	}
	lines := make([]string, 0, len(e.gaps))
	for _, g := range e.gaps {
		lines = append(lines, gapMessage(e.Stream, g))
	}
	const most = 5
	if n := len(lines); n > most {
		lines = append(lines[:most], fmt.Sprintf("and so it is with %d more shards of %s", n-most, e.Stream))
	}
	return strings.Join(lines, "\n")
}

// Unusable is true; it marks the error for those who do not import the type.
func (e *DataLossError) Unusable() bool { return true }

// Hint says what to do next.
func (e *DataLossError) Hint() string {
	return "--allow-data-loss goes on from the oldest record that is left"
}

func gapMessage(stream string, g lineage.Gap) string {
	return fmt.Sprintf("records of %s/%s that arrived between %s and %s may be gone: the checkpoint stood still for longer than the stream retains them",
		stream, g.Shard, g.From.UTC().Format(time.RFC3339), g.To.UTC().Format(time.RFC3339))
}

// expiry is by how much what the service retains may have passed what was read
// before a run that is under way is ended: one that reads at the very edge of
// what is retained, as from trim_horizon, is no news to anybody, and the service
// does not delete to the second.
const expiry = time.Minute

// guardLive is guard for a shard that is being read: before is where it stood
// before a response. A run that could not fetch, or write, for longer than the
// stream retains its records, goes on wherever the service lets it.
func (s *streamRun) guardLive(ctx context.Context, shard string, before checkpoint.Shard, resp *Response) error {
	through := before.ReadThrough.Time
	passed := func() bool {
		kept := s.retention()
		return kept > 0 && through.Before(resp.ServerTime.Add(-kept-expiry))
	}
	if s.run.o.Positions == nil || through.IsZero() || resp.ServerTime.IsZero() || !passed() {
		return nil
	}
	if err := s.learnRetention(ctx); err != nil {
		return err
	}
	if !passed() { // it was made longer since the run began
		return nil
	}
	lost := &DataLossError{Stream: s.ref.Name, gaps: []lineage.Gap{{Shard: shard, From: through, To: resp.ServerTime.Add(-s.retention())}}}
	if !s.run.o.AllowDataLoss {
		return lost
	}
	s.run.o.Say(lost.Error())
	return nil
}

// learnRetention asks how long the stream keeps its records now. What is not
// allowed leaves what was known.
func (s *streamRun) learnRetention(ctx context.Context) error {
	out, err := patiently(ctx, s.run, startTimeout, s.callError("DescribeStreamSummary"), s.describe)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil || out.StreamDescriptionSummary == nil:
		s.run.log.Debug("describe stream", "stream", s.ref.Name, "error", err)
	case out.StreamDescriptionSummary.RetentionPeriodHours != nil:
		s.kept.Store(int64(time.Duration(*out.StreamDescriptionSummary.RetentionPeriodHours) * time.Hour))
	}
	return nil
}

// isLoss says whether a shard that is no longer listed may have held records
// beyond a position. It is listed until its last record has expired: where it was
// read up to a time that the stream still retains, nothing came later.
func (s *streamRun) isLoss(at checkpoint.Shard) bool {
	return s.retention() == 0 || at.ReadThrough.IsZero()
}

func (s *streamRun) gone(id string, at checkpoint.Shard) string {
	return fmt.Sprintf("%s/%s is no longer retained; what it held beyond %s is gone", s.ref.Name, id, describe(at))
}

// lose tells of a loss that the run goes on behind.
func (s *streamRun) lose(message string) {
	s.losses = append(s.losses, message)
	s.run.o.Say(message)
}

// guard ends a run whose checkpoint is older than what the stream retains or,
// where data loss is allowed, moves those shards to the oldest record left. lost
// are shards that are no longer listed and were not read to their end, and
// entries are what is to be saved.
func (s *streamRun) guard(now time.Time, lost []string, entries map[string]checkpoint.Shard) error {
	if s.place.Saved == nil {
		return nil
	}
	var gaps []lineage.Gap
	if s.retention() > 0 {
		gaps = s.place.Gaps(s.lineage, now, s.retention())
	}
	if len(gaps) > 0 && !s.run.o.AllowDataLoss {
		return &DataLossError{Stream: s.ref.Name, gaps: gaps}
	}
	reported := map[string]bool{}
	for _, g := range gaps {
		reported[g.Shard] = true
	}
	for _, id := range lost {
		at := entries[id]
		if reported[id] || !s.isLoss(at) {
			continue
		}
		if s.retention() > 0 && !s.run.o.AllowDataLoss {
			return &DataLossError{Stream: s.ref.Name, gone: s.gone(id, at)}
		}
		s.lose(s.gone(id, at))
	}
	for _, g := range gaps {
		s.lose(gapMessage(s.ref.Name, g))
		if shard := s.lineage.Shards[g.Shard]; shard.State == lineage.Waiting {
			shard.At = checkpoint.Shard{Parents: shard.Parents, Position: record.Position{Kind: record.TrimHorizon}}
		} else {
			entries[g.Shard] = goneBy(entries[g.Shard], now)
		}
	}
	return nil
}
