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

// The faults. A run that resumes from a checkpoint with one of them fails or skips records.
const (
	// Recreated means that the stream was deleted and created again.
	Recreated Fault = "RECREATED"
	// Trimmed means that unread records may be gone.
	Trimmed Fault = "TRIMMED"
	// UnknownShard means that the stream never had the shard.
	UnknownShard Fault = "UNKNOWN_SHARD"
	// NotEnded means that the checkpoint calls a shard ended, but the shard is open.
	NotEnded Fault = "NOT_ENDED"
	// Refused means that the service does not accept the position.
	Refused Fault = "REFUSED"
)

// Finding is one fault.
type Finding struct {
	Fault   Fault
	ShardID string // empty if it concerns the whole stream
	Message string
}

// StreamCheck is the result for one stream.
type StreamCheck struct {
	Stream string
	ARN    string // empty if not known
	// Shards is how many shards the checkpoint has. New is how many more a run would read.
	Shards, New int
	Findings    []Finding // by shard ID
	// Unseen are the faults that could not be checked for.
	Unseen []Unseen
}

// Unseen is a fault that could not be checked for.
type Unseen struct {
	Fault  Fault
	Reason string // why, with the name of what is missing
}

// Verify compares the positions with the streams. It requests a shard iterator for each position
// that has a sequence number, and fetches no records. Faults are findings and not errors; the
// errors are those of the calls.
func (l *LagMeter) Verify(ctx context.Context) ([]StreamCheck, error) {
	var checks []StreamCheck
	for _, given := range l.o.Streams {
		opener := l.opener()
		opener.Tolerant = true
		opener.Options.Streams = []string{given}
		opener.Options.Info = l.o.Detail // the findings have the messages about positions
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

// recreated is the result for a stream that was deleted and created again.
func (l *LagMeter) recreated(ctx context.Context, given string, err *reader.CheckpointError) StreamCheck {
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
			c.Findings = append(c.Findings, Finding{NotEnded, id, fmt.Sprintf("the checkpoint says that %s/%s has ended, but the shard is open", of.Name, id)})
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

// unseen returns the faults of saved positions that cannot be checked for.
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

// refused requests an iterator at the sequence number of each shard. It returns the findings for
// those that the service does not accept.
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
