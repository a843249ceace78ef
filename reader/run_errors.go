package reader

import (
	"fmt"
	"strings"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/internal/record"
	"kin/internal/service"
)

// The errors that end a run after it has started: its stream, its positions or its time are at
// fault, and not its options.

// StreamDeletedError means that a stream was deleted while kin read it.
type StreamDeletedError struct {
	Stream string
	Err    error // the call that did not find it; nil if the service still lists it as being deleted
}

func (e *StreamDeletedError) Error() string {
	return fmt.Sprintf("stream %s was deleted while kin read it", e.Stream)
}

func (e *StreamDeletedError) Unwrap() error { return e.Err }

// NotFound is true. It marks the error for packages that do not import the type.
func (e *StreamDeletedError) NotFound() bool { return true }

// Hint is what to do next.
func (e *StreamDeletedError) Hint() string {
	return "kin wrote the records that it read before the deletion; kin streams lists the existing streams"
}

// StreamRecreatedError means that a stream was deleted and created again while kin read it. The new
// shards and sequence numbers are unrelated to the old ones.
type StreamRecreatedError struct {
	Stream  string
	Created time.Time // by the service's clock
	Kept    bool      // positions are kept, and no longer usable
}

func (e *StreamRecreatedError) Error() string {
	return fmt.Sprintf("stream %s was deleted and created again at %s while kin read it", e.Stream, e.Created.UTC().Format(time.RFC3339))
}

// Unusable reports whether the run has a checkpoint that is no longer usable.
func (e *StreamRecreatedError) Unusable() bool { return e.Kept }

// Hint is what to do next.
func (e *StreamRecreatedError) Hint() string {
	if e.Kept {
		return "positions of one stream mean nothing in another: delete the checkpoint file and run again; kin then begins at --from (default latest)"
	}
	return "run kin again to read the new stream"
}

// NotRetainedError means that the service no longer accepts a sequence number that kin received
// from the shard.
type NotRetainedError struct {
	Stream, Shard, SequenceNumber string
	Kept                          bool   // positions are kept, and this is one of them
	Undescribed                   string // why it is not known whether the stream was created again; empty if it was not
	Err                           error
}

func (e *NotRetainedError) Error() string {
	what := "is no longer retained: records after it may be gone"
	if e.Undescribed != "" {
		what = fmt.Sprintf("is no longer retained, or the stream was created again (DescribeStreamSummary %s)", e.Undescribed)
	}
	return fmt.Sprintf("sequence number %s of %s/%s, which kin has read, %s: %s", e.SequenceNumber, e.Stream, e.Shard, what, service.Brief(e.Err))
}

func (e *NotRetainedError) Unwrap() error { return e.Err }

// Unusable reports whether the run has a checkpoint that is no longer usable.
func (e *NotRetainedError) Unusable() bool { return e.Kept }

// Hint is what to do next.
func (e *NotRetainedError) Hint() string {
	return "--allow-data-loss resumes from the oldest retained record"
}

// DataLossError means that records were trimmed, or may have been, before kin could read them.
type DataLossError struct {
	Stream  string
	gaps    []lineage.Gap
	missing string // the message about a shard that no longer exists
}

func (e *DataLossError) Error() string {
	if e.missing != "" {
		return e.missing
	}
	lines := make([]string, 0, len(e.gaps))
	for _, g := range e.gaps {
		lines = append(lines, GapMessage(e.Stream, g))
	}
	const maxLines = 5
	if n := len(lines); n > maxLines {
		lines = append(lines[:maxLines], fmt.Sprintf("and %d more shards of %s", n-maxLines, e.Stream))
	}
	return strings.Join(lines, "\n")
}

// Unusable is true. It marks the error for packages that do not import the type.
func (e *DataLossError) Unusable() bool { return true }

// Hint is what to do next.
func (e *DataLossError) Hint() string {
	return "--allow-data-loss resumes from the oldest retained record"
}

// GapMessage is the message about a gap.
func GapMessage(stream string, g lineage.Gap) string {
	return fmt.Sprintf("records of %s/%s that arrived between %s and %s may be gone: the checkpoint did not move for longer than the stream retains records",
		stream, g.Shard, g.From.UTC().Format(time.RFC3339), g.To.UTC().Format(time.RFC3339))
}

// NotRetainedMessage is the message about a shard that is no longer listed and was read up to a
// position.
func NotRetainedMessage(stream, shard string, at checkpoint.Shard) string {
	return fmt.Sprintf("%s/%s is no longer retained; its records after %s are gone", stream, shard, describe(at))
}

// HalfReadError means that the position is inside an aggregate and the run does not expand
// aggregates.
type HalfReadError struct {
	Stream, Shard     string
	SequenceNumber    string
	SubSequenceNumber int64 // of the last record that was written
}

func (e *HalfReadError) Error() string {
	return fmt.Sprintf("the checkpoint's position is inside an aggregate (%s/%s, sequence number %s, after sub-sequence number %d): --no-deaggregate cannot resume there",
		e.Stream, e.Shard, e.SequenceNumber, e.SubSequenceNumber)
}

// Unusable is true. It marks the error for packages that do not import the type.
func (e *HalfReadError) Unusable() bool { return true }

// Hint is what to do next.
func (e *HalfReadError) Hint() string {
	return "run once without --no-deaggregate to read the rest of it, or begin with a new checkpoint file"
}

// SequenceError means that the sequence number of a shard's position contradicts the service's
// answers.
type SequenceError struct {
	Stream, Shard, SequenceNumber string
	Kept                          bool   // positions are kept, and this is one of them
	Reason                        string // how the answers contradict the number

	movedBack bool // the checkpoint was moved back to before the answer with the number
	unsaved   bool // the checkpoint never had the number
}

func (e *SequenceError) Error() string {
	return fmt.Sprintf("sequence number %s of %s/%s cannot be right: %s", e.SequenceNumber, e.Stream, e.Shard, e.Reason)
}

// Unusable reports whether the run has a checkpoint that is no longer usable.
func (e *SequenceError) Unusable() bool { return e.Kept && !e.unsaved }

// Hint is what to do next.
func (e *SequenceError) Hint() string {
	switch {
	case e.movedBack:
		return "kin moved the checkpoint back to before that record: run kin again"
	case e.unsaved:
		return "the checkpoint is from before that record: run kin again"
	case e.Kept:
		return fmt.Sprintf("kin checkpoint reset FILE --to TIME --shard %s moves the shard to a time before that record", e.Shard)
	}
	return "run kin again with --from and a time before that record"
}

// TimeoutError means that Options.Timeout expired before the run's bound was reached, or before any
// shard gave a usable answer.
type TimeoutError struct {
	After time.Duration
	Err   error // the error of a call that was failing then; nil if none was
	// Unanswered means that the run had no other bound and no shard gave an answer.
	Unanswered bool
}

func (e *TimeoutError) Error() string {
	what := "the bound was reached"
	if e.Unanswered {
		what = "any shard gave a usable answer"
	}
	text := fmt.Sprintf("--timeout %s expired before %s", e.After, what)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *TimeoutError) Unwrap() error { return e.Err }

// Hint describes what happened to the records that were read. It is empty if a call failed, since
// that error comes first, and if nothing was read.
func (e *TimeoutError) Hint() string {
	if e.Err != nil || e.Unanswered {
		return ""
	}
	return "kin wrote the records that it had read; with a checkpoint the next run resumes after them"
}

// GaveUp is true. It marks the error for packages that do not import the type.
func (e *TimeoutError) GaveUp() bool { return true }

// describe returns a position in words.
func describe(at checkpoint.Shard) string {
	switch at.Kind {
	case record.AfterSequenceNumber, record.AtSequenceNumber:
		return "sequence number " + at.SequenceNumber
	case record.AtTimestamp:
		return at.Timestamp.UTC().Format(time.RFC3339)
	case record.TrimHorizon:
		return "its start"
	case record.ShardEnd:
		return "its end"
	}
	return string(at.Kind)
}
