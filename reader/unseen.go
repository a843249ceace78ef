package reader

import (
	"fmt"

	"github.com/dustin/go-humanize/english"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/internal/record"
)

// Unseen is a fault that was not looked for.
type Unseen struct {
	Fault  Fault
	Reason string // why, with the name of what is missing
}

// unseenReasons are why checks of a checkpoint cannot be made; empty where they can.
type unseenReasons struct {
	recreated string // whether the stream was deleted and created again
	trimmed   string // whether records expired before they were read
}

// reportUnseen keeps and reports why the stream's summary does not show when the
// stream was created, and how long it retains records. An empty reason means that
// it does.
func (s *streamRun) reportUnseen(creation, retention string) {
	const (
		again   = "when the stream is deleted and created again"
		expired = "when records expire before they are read"
	)
	report := func(reason, what string) string {
		reason = fmt.Sprintf("DescribeStreamSummary of %s %s", s.ref.Name, reason)
		s.run.o.Say(reason + ": the checkpoint will not notice " + what)
		return reason
	}
	switch {
	case creation != "" && creation == retention:
		s.unseenReasons.recreated = report(creation, again+", or "+expired)
		s.unseenReasons.trimmed = s.unseenReasons.recreated
		return
	case creation != "":
		s.unseenReasons.recreated = report(creation, again)
	}
	if retention != "" {
		s.unseenReasons.trimmed = report(retention, expired)
	}
}

// reportUncompared notes and reports that the checkpoint does not say when its
// stream was created.
func (s *streamRun) reportUncompared() {
	s.unseenReasons.recreated = "the checkpoint has no creation time of stream " + s.ref.Name
	s.run.o.Say(s.unseenReasons.recreated + ": kin did not check whether the stream was deleted and created again")
}

// unseen are the faults of saved positions that cannot be looked for.
func (s *streamRun) unseen(saved map[string]checkpoint.Shard) []Unseen {
	var all []Unseen
	if s.unseenReasons.recreated != "" {
		all = append(all, Unseen{Recreated, s.unseenReasons.recreated})
	}
	if s.unseenReasons.trimmed != "" {
		return append(all, Unseen{Trimmed, s.unseenReasons.trimmed})
	}
	undated := 0
	for _, at := range saved {
		if at.Kind != record.ShardEnd && lineage.ReadThrough(at).IsZero() {
			undated++
		}
	}
	if undated > 0 {
		all = append(all, Unseen{Trimmed, fmt.Sprintf("the checkpoint does not say until when it read %s of stream %s", english.Plural(undated, "shard", ""), s.ref.Name)})
	}
	return all
}
