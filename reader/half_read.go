package reader

import (
	"fmt"

	"kin/internal/lineage"
)

// HalfReadError means that a run that keeps aggregates whole was to resume
// inside one.
type HalfReadError struct {
	Stream, Shard     string
	SequenceNumber    string
	SubSequenceNumber int64 // of the last record that was written
}

func (e *HalfReadError) Error() string {
	return fmt.Sprintf("the checkpoint's position is inside an aggregate (%s/%s, sequence number %s, after sub-sequence number %d): --no-deaggregate cannot resume there",
		e.Stream, e.Shard, e.SequenceNumber, e.SubSequenceNumber)
}

// Unusable is true; it marks the error for those who do not import the type.
func (e *HalfReadError) Unusable() bool { return true }

// Hint says what to do next.
func (e *HalfReadError) Hint() string {
	return "run once without --no-deaggregate to read the rest of it, or begin with a new checkpoint file"
}

// checkHalfRead refuses positions inside an aggregate to a run that does not
// expand them. It is for the start, when nobody else knows the stream's shards.
func (s opening) checkHalfRead() error {
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
