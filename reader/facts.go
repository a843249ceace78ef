package reader

import (
	"context"
	"fmt"
	"time"

	"kin/internal/apierror"
	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/validate"
)

// What happens to a stream while it is read is a fact of the run, and no
// option's fault.

// StreamDeletedError means that a stream was deleted while it was read.
type StreamDeletedError struct {
	Stream string
	Err    error // the call that did not find it; nil when the service still had it, as being deleted
}

func (e *StreamDeletedError) Error() string {
	return fmt.Sprintf("stream %s was deleted while kin read it", e.Stream)
}

func (e *StreamDeletedError) Unwrap() error { return e.Err }

// NotFound is true; it marks the error for those who do not import the type.
func (e *StreamDeletedError) NotFound() bool { return true }

// Hint says what to do next.
func (e *StreamDeletedError) Hint() string {
	return "what kin read before that is written; kin streams lists the streams that are there"
}

// StreamRecreatedError means that a stream was deleted and created again while
// it was read. Its shards and sequence numbers are another stream's.
type StreamRecreatedError struct {
	Stream  string
	Created time.Time // by the service's clock
	Kept    bool      // positions are kept, and cannot be used any more
}

func (e *StreamRecreatedError) Error() string {
	return fmt.Sprintf("stream %s was deleted and created again at %s while kin read it", e.Stream, e.Created.UTC().Format(time.RFC3339))
}

// Unusable says whether there is a checkpoint that cannot be used any more.
func (e *StreamRecreatedError) Unusable() bool { return e.Kept }

// Hint says what to do next.
func (e *StreamRecreatedError) Hint() string {
	if e.Kept {
		return "positions of one stream mean nothing in another: delete the checkpoint file and start from scratch"
	}
	return "run kin again to read the new stream"
}

// NotRetainedError means that the service no longer accepts a sequence number
// that kin received from the shard.
type NotRetainedError struct {
	Stream, Shard, SequenceNumber string
	Kept                          bool   // positions are kept, and this is one of them
	Undescribed                   string // why it is not known whether the stream is still the same; empty when it is
	Err                           error
}

func (e *NotRetainedError) Error() string {
	what := "is no longer retained: records after it may be gone"
	if e.Undescribed != "" {
		what = fmt.Sprintf("is no longer retained, or the stream was created again (DescribeStreamSummary %s)", e.Undescribed)
	}
	return fmt.Sprintf("sequence number %s of %s/%s, which kin has read, %s: %s", e.SequenceNumber, e.Stream, e.Shard, what, apierror.Brief(e.Err))
}

func (e *NotRetainedError) Unwrap() error { return e.Err }

// Unusable says whether there is a checkpoint that cannot be used any more.
func (e *NotRetainedError) Unusable() bool { return e.Kept }

// Hint says what to do next.
func (e *NotRetainedError) Hint() string {
	return "--allow-data-loss goes on from the oldest record that is left"
}

// CheckStream asks whether the stream is still the one that the run began with.
// Its errors are *StreamDeletedError, *StreamRecreatedError, and that the run has
// ended. What cannot be asked is taken for the same stream.
func (a *Assignment) CheckStream(ctx context.Context) error { return a.s.check(ctx) }

// Accepted notes that the service accepted a position of the shard.
func (a *Assignment) Accepted() { a.accepted = true }

// NotAccepted decides what follows when the service refuses a sequence number
// for good: the position to go on from, or an error. What the user typed, or
// what the checkpoint had, is at fault where it was refused at its first use.
// Where data loss is allowed, a number that an earlier run received is no longer
// retained, too.
func (a *Assignment) NotAccepted(at checkpoint.Shard, err error) (checkpoint.Shard, error) {
	if !a.accepted && !a.s.accepted && at.SequenceNumber == a.begin.SequenceNumber &&
		!(a.s.o.AllowDataLoss && a.isSaved(at)) {
		return at, a.Refused(at, err)
	}
	lost := &NotRetainedError{Stream: a.s.ref.Name, Shard: a.shard, SequenceNumber: at.SequenceNumber,
		Kept: a.s.o.Positions != nil, Err: err}
	a.s.mu.Lock()
	lost.Undescribed = a.s.undescribed
	a.s.mu.Unlock()
	if !a.s.o.AllowDataLoss {
		return at, lost
	}
	a.Say(lost.Error())
	return Oldest(), nil
}

// isSaved reports whether a position is of the checkpoint, and has a sequence
// number that kin received.
func (a *Assignment) isSaved(at checkpoint.Shard) bool {
	return a.s.place.Saved != nil && at.SequenceNumber != "" &&
		(at.Kind == record.AfterSequenceNumber || at.SubSequenceNumber != nil)
}

// IsLast reports whether no record of the closed shard can follow one of that
// sequence number, which was refused. Of a number that this run did not receive
// that is so only for the last one itself: another stream's may be higher. Some
// implementations give a closed shard a last sequence number that has nothing to
// do with its records; that says nothing.
func (a *Assignment) IsLast(sequence string) bool {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	shard := a.s.lineage.Shards[a.shard]
	if shard == nil || !validate.SequenceNumber(shard.First) || !validate.SequenceNumber(shard.Last) || validate.Compare(shard.First, shard.Last) > 0 {
		return false
	}
	beyond := validate.Compare(sequence, shard.Last)
	return beyond == 0 || beyond > 0 && a.accepted && a.s.undescribed == ""
}
