package reader

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"kin/internal/apierror"
	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/validate"
)

// positionCheck decides what becomes of a position of a shard that the service may
// not accept any more.
type positionCheck struct {
	shardRef
	begin    checkpoint.Shard
	accepted bool // the service accepted a position of the shard in this run
}

// CheckStream asks whether the stream is still the one that the run began with.
// Its errors are *StreamDeletedError, *StreamRecreatedError, and that the run has
// ended. What cannot be asked is taken for the same stream.
func (a *positionCheck) CheckStream(ctx context.Context) error { return a.s.check(ctx) }

// Accepted notes that the service accepted a position of the shard.
func (a *positionCheck) Accepted() { a.accepted = true }

// NotAccepted decides what follows when the service refuses a sequence number
// for good: the position to go on from, or an error. What the user typed, or
// what the checkpoint had, is at fault where it was refused at its first use.
// Where data loss is allowed, a number that an earlier run received is no longer
// retained, too.
func (a *positionCheck) NotAccepted(at checkpoint.Shard, err error) (checkpoint.Shard, error) {
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
func (a *positionCheck) isSaved(at checkpoint.Shard) bool {
	return a.s.place.Saved != nil && at.SequenceNumber != "" &&
		(at.Kind == record.AfterSequenceNumber || at.SubSequenceNumber != nil)
}

// IsLast reports whether no record of the closed shard can follow one of that
// sequence number, which was refused. Of a number that this run did not receive
// that is so only for the last one itself: another stream's may be higher. Some
// implementations give a closed shard a last sequence number that has nothing to
// do with its records; that says nothing.
func (a *positionCheck) IsLast(sequence string) bool {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	shard := a.s.lineage.Shards[a.shard]
	if shard == nil || !validate.SequenceNumber(shard.First) || !validate.SequenceNumber(shard.Last) || validate.Compare(shard.First, shard.Last) > 0 {
		return false
	}
	beyond := validate.Compare(sequence, shard.Last)
	return beyond == 0 || beyond > 0 && a.accepted && a.s.undescribed == ""
}

// IsTrimmed says whether the record that a position is behind is no longer
// retained. In a quiet shard that is no gap, and the guard has ruled out one
// that was there before. Reports disagree on what its sequence number gets:
// the oldest record, a refusal, or empty answers for ever.
func (a *positionCheck) IsTrimmed(at checkpoint.Shard) bool {
	arrived := at.LastArrival
	return at.SequenceNumber != "" && a.s.retention() > 0 && !arrived.IsZero() &&
		arrived.Before(a.s.now().Add(-a.s.retention()))
}

// IsStuck says whether a response is what a position that is no longer
// retained gets for ever: nothing, as far behind as the stream reaches.
func (a *positionCheck) IsStuck(at checkpoint.Shard, resp *Response) bool {
	return resp.isEmpty() && a.IsTrimmed(at) && aws.ToInt64(resp.MillisBehindLatest) >= a.s.retention().Milliseconds()
}

// IsGone finds out, after the service did not know the shard, whether it was
// trimmed, which it tells, for what was beyond at is lost; where positions are
// kept that is a *DataLossError, unless it is allowed. With the stream gone, its
// error says so.
func (a *positionCheck) IsGone(ctx context.Context, at checkpoint.Shard) (bool, error) {
	if err := a.s.refresh(ctx); err != nil {
		return false, err
	}
	if a.s.isListed(a.shard) {
		return false, nil
	}
	gone := &DataLossError{Stream: a.s.ref.Name, missing: NotRetainedMessage(a.s.ref.Name, a.shard, at)}
	if a.s.o.Positions != nil && !a.s.o.AllowDataLoss {
		return false, gone
	}
	a.Say(gone.Error())
	return true, nil
}

// Refused is the error for a position that the service does not accept.
func (a *positionCheck) Refused(at checkpoint.Shard, err error) error {
	if classify(err) == gone {
		// With its code it would be taken for the stream's absence.
		return fmt.Errorf("shard %s of stream %s is listed, and the service does not find it: %s", a.shard, a.s.ref.Given, apierror.Brief(err))
	}
	if at.SequenceNumber == "" || a.accepted { // then the position is not at fault
		return err
	}
	reason := fmt.Sprintf("sequence number %s is not accepted for %s/%s: %s", at.SequenceNumber, a.s.ref.Name, a.shard, apierror.Brief(err))
	if a.s.place.Saved == nil {
		return &record.OptionError{Field: "initial position", Want: "a sequence number of the shard; " + reason}
	}
	unusable := &CheckpointError{Stream: a.s.ref.Name, Reason: reason, Err: err}
	if a.isSaved(at) {
		unusable.next = "--allow-data-loss goes on from the oldest record that is left; if the stream is another one, delete the checkpoint file and start from scratch"
	}
	return unusable
}

// Oldest is where to begin again when a position is no longer retained: all
// records that are left came later than one that was trimmed.
func Oldest() checkpoint.Shard {
	return checkpoint.Shard{Position: record.Position{Kind: record.TrimHorizon}}
}
