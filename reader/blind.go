package reader

import (
	"fmt"

	"kin/internal/checkpoint"
	"kin/internal/record"
)

// Unseen is a fault that was not looked for.
type Unseen struct {
	Fault  Fault
	Reason string // why, in words that name what lacks
}

// blind is why checks of a checkpoint cannot be made; empty where they can.
type blind struct {
	recreated string // whether the stream was deleted and created again
	trimmed   string // whether records expired before they were read
}

// reportBlind notes and reports what the stream's summary does not show: why
// it does not say when the stream was created, and how long it keeps records.
// An empty reason is none.
func (s *streamRun) reportBlind(creation, retention string) {
	const (
		again   = "when the stream is deleted and created again"
		expired = "when records expire before they are read"
	)
	report := func(reason, what string) string {
		what = fmt.Sprintf("DescribeStreamSummary of %s %s: the checkpoint will not notice %s", s.ref.Name, reason, what)
		s.run.o.Say(what)
		return fmt.Sprintf("DescribeStreamSummary of %s %s", s.ref.Name, reason)
	}
	switch {
	case creation != "" && creation == retention:
		s.blind.recreated = report(creation, again+", or "+expired)
		s.blind.trimmed = s.blind.recreated
		return
	case creation != "":
		s.blind.recreated = report(creation, again)
	}
	if retention != "" {
		s.blind.trimmed = report(retention, expired)
	}
}

// reportUncompared notes and reports that the checkpoint does not say when its
// stream was created.
func (s *streamRun) reportUncompared() {
	s.blind.recreated = "the checkpoint has no creation time of stream " + s.ref.Name
	s.run.o.Say(s.blind.recreated + ": kin did not check whether the stream was deleted and created again")
}

// unseen are the faults of saved positions that cannot be looked for.
func (s *streamRun) unseen(saved map[string]checkpoint.Shard) []Unseen {
	var all []Unseen
	if s.blind.recreated != "" {
		all = append(all, Unseen{Recreated, s.blind.recreated})
	}
	if s.blind.trimmed != "" {
		return append(all, Unseen{Trimmed, s.blind.trimmed})
	}
	undated := 0
	for _, at := range saved {
		if at.Kind != record.ShardEnd && readThrough(at).IsZero() {
			undated++
		}
	}
	if undated > 0 {
		shards := "shards"
		if undated == 1 {
			shards = "shard"
		}
		all = append(all, Unseen{Trimmed, fmt.Sprintf("the checkpoint does not say until when it read %d %s of stream %s", undated, shards, s.ref.Name)})
	}
	return all
}
