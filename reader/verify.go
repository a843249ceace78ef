package reader

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"kin/internal/apierror"
	"kin/internal/lineage"
	"kin/internal/record"
)

// Fault is what is wrong with a checkpoint, or with one shard of it.
type Fault string

// The faults. With each of them a run ends that goes on from the checkpoint,
// or it skips records.
const (
	// Recreated: the stream was deleted and created again.
	Recreated Fault = "RECREATED"
	// Trimmed: records may be gone that were not read.
	Trimmed Fault = "TRIMMED"
	// UnknownShard: the stream has not had such a shard.
	UnknownShard Fault = "UNKNOWN_SHARD"
	// NotEnded: a shard is open of which the positions say that it was read to its
	// end.
	NotEnded Fault = "NOT_ENDED"
	// Refused: the service does not accept the position.
	Refused Fault = "REFUSED"
)

// Finding is one fault.
type Finding struct {
	Fault   Fault
	ShardID string // empty when it is about the whole stream
	Message string
}

// StreamCheck is what was found of one stream.
type StreamCheck struct {
	Stream string
	ARN    string // empty when it is not known
	// Shards is how many shards the checkpoint has, New how many the stream has
	// that a run adds to them.
	Shards, New int
	Findings    []Finding // by shard ID
	// Unseen are the faults that were not looked for. Without findings the
	// positions are good as far as was seen, and no further.
	Unseen []Unseen
}

// Verify holds the positions against the streams as they are. It asks for a
// shard iterator of each position that has a sequence number, and for no
// record. Its errors are those of calls; what it finds is no error.
func (l *Looker) Verify(ctx context.Context) ([]StreamCheck, error) {
	var checks []StreamCheck
	for _, given := range l.o.Streams {
		o := l.o
		o.Streams = []string{given}
		o.Say = o.Chat // what a run says of its positions is among the findings
		r := l.lookingRun(ctx, o)
		r.verifying = true
		err := r.placeAll(ctx)
		var other *CheckpointError
		switch {
		case errors.As(err, &other) && other.recreated:
			checks = append(checks, l.recreated(given, other))
			continue
		case err != nil:
			return nil, err
		}
		check, err := verify(ctx, r.streams[0])
		if err != nil {
			return nil, err
		}
		if check.ARN == "" {
			check.ARN = l.arn(ctx, r.streams[0])
		}
		checks = append(checks, check)
	}
	return checks, nil
}

// recreated is the check of a stream whose positions are another's.
func (l *Looker) recreated(given string, err *CheckpointError) StreamCheck {
	c := StreamCheck{Stream: record.ParseStream(given).Name, Findings: []Finding{{Fault: Recreated, Message: err.Reason}}}
	if file, loadErr := l.o.Positions.Load(); loadErr == nil {
		if saved := file.Find(c.Stream); saved != nil {
			c.ARN, c.Shards = saved.ARN, len(saved.Shards)
		}
	}
	return c
}

func verify(ctx context.Context, s *streamRun) (StreamCheck, error) {
	saved := s.place.Saved
	c := StreamCheck{Stream: s.ref.Name, Shards: len(saved), Unseen: s.unseen(saved)}
	// Nobody else knows the run until positions are asked about.
	listed := s.listed
	var gaps []lineage.Gap
	if s.retention() > 0 {
		gaps = s.place.Gaps(s.lineage, s.listedAt, s.retention())
	}
	open := map[string]bool{}
	for id, shard := range s.lineage.Shards {
		_, isListed := listed[id]
		open[id] = isListed && !shard.Closed
		if _, known := saved[id]; !known && shard.State == lineage.Waiting {
			c.New++
		}
	}

	trimmed := map[string]bool{}
	for _, g := range gaps {
		trimmed[g.Shard] = true
		c.Findings = append(c.Findings, Finding{Trimmed, g.Shard, gapMessage(s.ref.Name, g)})
	}
	last := ""
	for id := range listed {
		last = max(last, id)
	}
	var ask []string
	for _, id := range slices.Sorted(maps.Keys(saved)) {
		at := saved[id]
		_, isListed := listed[id]
		switch {
		case open[id] && at.Kind == record.ShardEnd:
			c.Findings = append(c.Findings, Finding{NotEnded, id, fmt.Sprintf("%s/%s has not ended: it is open", s.ref.Name, id)})
		case isListed && at.SequenceNumber != "" && at.Kind != record.ShardEnd:
			ask = append(ask, id)
		case isListed:
		case id > last: // IDs only grow
			c.Findings = append(c.Findings, Finding{UnknownShard, id, fmt.Sprintf("%s has had no shard %s: its last one is %s", s.ref.Name, id, last)})
		case at.Kind != record.ShardEnd && !trimmed[id] && s.isLoss(at):
			c.Findings = append(c.Findings, Finding{Trimmed, id, s.gone(id, at)})
		}
	}
	refused, err := s.refused(ctx, ask)
	c.Findings = append(c.Findings, refused...)
	slices.SortStableFunc(c.Findings, func(a, b Finding) int {
		if a.ShardID < b.ShardID {
			return -1
		} else if a.ShardID > b.ShardID {
			return 1
		}
		return 0
	})
	return c, err
}

// refused asks for an iterator at the sequence numbers of shards and returns
// those that are not accepted.
func (s *streamRun) refused(ctx context.Context, ids []string) ([]Finding, error) {
	found := make([]Finding, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	for i, id := range ids {
		at := s.place.Saved[id]
		a := newAssignment(s, id, at)
		if a.IsTrimmed(at) { // a quiet shard's: a run begins with the oldest record
			continue
		}
		group.Go(func() error {
			err := s.accepts(ctx, a)
			if err != nil && classify(err) == refused {
				found[i] = Finding{Refused, id, fmt.Sprintf("%s/%s: the service does not accept sequence number %s: %s", s.ref.Name, id, at.SequenceNumber, apierror.Brief(err))}
				return nil
			}
			return err
		})
	}
	err := group.Wait()
	return slices.DeleteFunc(found, func(f Finding) bool { return f.Fault == "" }), err
}

// accepts asks for an iterator at a shard's position.
func (s *streamRun) accepts(ctx context.Context, a *Assignment) error {
	if err := s.run.takeSlot(ctx); err != nil {
		return err
	}
	defer s.run.giveSlot()
	p := newPolling(a)
	_, err := patiently(ctx, s.run, startTimeout, func(err error) error { return p.Error("GetShardIterator", err) }, p.newIterator)
	return err
}
