package inspect

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"
	"golang.org/x/sync/errgroup"

	"kin/internal/lineage"
	"kin/internal/record"
	"kin/internal/service"
	"kin/reader"
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

// Unseen is a fault that was not looked for.
type Unseen struct {
	Fault  Fault
	Reason string // why, with the name of what is missing
}

// Verify holds the positions against the streams as they are. It asks for a
// shard iterator of each position that has a sequence number, and for no
// record. Its errors are those of calls; what it finds is no error.
func (l *Looker) Verify(ctx context.Context) ([]StreamCheck, error) {
	var checks []StreamCheck
	for _, given := range l.o.Streams {
		opener := l.opener()
		opener.Tolerant = true
		opener.Options.Streams = []string{given}
		opener.Options.Info = l.o.Detail // what a run reports of its positions is among the findings
		streams, err := opener.Open(ctx)
		var other *reader.CheckpointError
		switch {
		case errors.As(err, &other) && other.Recreated():
			checks = append(checks, l.recreated(ctx, given, other))
			continue
		case err != nil:
			return nil, err
		}
		s := streams.Streams[0]
		check, err := verify(ctx, s)
		if err != nil {
			return nil, err
		}
		if check.ARN == "" {
			check.ARN = l.arn(ctx, s, streams.File.Find(check.Stream))
		}
		checks = append(checks, check)
	}
	return checks, nil
}

// recreated is the check of a stream whose positions are another's.
func (l *Looker) recreated(ctx context.Context, given string, err *reader.CheckpointError) StreamCheck {
	c := StreamCheck{Stream: record.ParseStream(given).Name, Findings: []Finding{{Fault: Recreated, Message: err.Reason}}}
	if file, loadErr := l.o.Positions.Load(ctx); loadErr == nil {
		if saved := file.Find(c.Stream); saved != nil {
			c.ARN, c.Shards = saved.ARN, len(saved.Shards)
		}
	}
	return c
}

func verify(ctx context.Context, s *reader.Stream) (StreamCheck, error) {
	of := s.View()
	saved, listed := of.Placement.Saved, of.Listed
	c := StreamCheck{Stream: of.Name, Shards: len(saved), Unseen: unseen(of)}
	var gaps []lineage.Gap
	if of.Retention > 0 {
		gaps = of.Placement.Gaps(of.Tree, of.ListedAt, of.Retention)
	}
	open := map[string]bool{}
	for id, shard := range of.Tree.Shards {
		_, isListed := listed[id]
		open[id] = isListed && !shard.Closed
		if _, known := saved[id]; !known && shard.State == lineage.Waiting {
			c.New++
		}
	}

	trimmed := map[string]bool{}
	for _, g := range gaps {
		trimmed[g.Shard] = true
		c.Findings = append(c.Findings, Finding{Trimmed, g.Shard, reader.GapMessage(of.Name, g)})
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
			c.Findings = append(c.Findings, Finding{NotEnded, id, fmt.Sprintf("%s/%s has not ended: it is open", of.Name, id)})
		case isListed && at.SequenceNumber != "" && at.Kind != record.ShardEnd:
			ask = append(ask, id)
		case isListed:
		case id > last: // IDs only grow
			c.Findings = append(c.Findings, Finding{UnknownShard, id, fmt.Sprintf("%s never had shard %s: its newest shard is %s", of.Name, id, last)})
		case at.Kind != record.ShardEnd && !trimmed[id] && lineage.IsLoss(at, of.Retention):
			c.Findings = append(c.Findings, Finding{Trimmed, id, reader.NotRetainedMessage(of.Name, id, at)})
		}
	}
	refused, err := refused(ctx, s, ask)
	c.Findings = append(c.Findings, refused...)
	slices.SortStableFunc(c.Findings, func(a, b Finding) int { return strings.Compare(a.ShardID, b.ShardID) })
	return c, err
}

// unseen are the faults of saved positions that cannot be looked for.
func unseen(of reader.View) []Unseen {
	var all []Unseen
	if of.NotRecreated != "" {
		all = append(all, Unseen{Recreated, of.NotRecreated})
	}
	if of.NotTrimmed != "" {
		return append(all, Unseen{Trimmed, of.NotTrimmed})
	}
	undated := 0
	for _, at := range of.Placement.Saved {
		if at.Kind != record.ShardEnd && lineage.ReadThrough(at).IsZero() {
			undated++
		}
	}
	if undated > 0 {
		all = append(all, Unseen{Trimmed, fmt.Sprintf("the checkpoint has no readThrough time for %s of stream %s", english.Plural(undated, "shard", ""), of.Name)})
	}
	return all
}

// refused asks for an iterator at the sequence numbers of shards and returns
// those that are not accepted.
func refused(ctx context.Context, s *reader.Stream, ids []string) ([]Finding, error) {
	of := s.View()
	found := make([]Finding, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	for i, id := range ids {
		at := of.Placement.Saved[id]
		group.Go(func() error {
			isRefused, err := s.Accepts(ctx, id, at)
			if isRefused {
				found[i] = Finding{Refused, id, fmt.Sprintf("%s/%s: the service does not accept sequence number %s: %s", of.Name, id, at.SequenceNumber, service.Brief(err))}
				return nil
			}
			return err
		})
	}
	err := group.Wait()
	return slices.DeleteFunc(found, func(f Finding) bool { return f.Fault == "" }), err
}
