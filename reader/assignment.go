package reader

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/service"
	"kin/internal/validate"
)

// Assignment is one shard that a run reads, as the shard's source sees it:
// where to begin, what the run knows of the stream, and what to report. Its
// methods are for the goroutine of the source.
type Assignment struct {
	shardRef
	positionCheck
	answerCheck
	endCheck
	failures *service.Failures
}

func newAssignment(s *Stream, shard string, begin checkpoint.Shard) *Assignment {
	ref := shardRef{s, shard}
	return &Assignment{ref, positionCheck{shardRef: ref, begin: begin}, answerCheck{shardRef: ref}, endCheck{shardRef: ref}, service.NewFailures(s.retries())}
}

// Begin is the position to begin at.
func (a *Assignment) Begin() checkpoint.Shard { return a.begin }

// Succeeded says that a call, or a wait for an event, passed.
func (a *Assignment) Succeeded() { a.failures.Over() }

// Failed notes one more failure in a row. It returns how long to wait at least
// before the next attempt, or a *GaveUpError.
func (a *Assignment) Failed(err error) (time.Duration, error) { return a.failures.Count(err) }

// Reported notes what came of an attempt of a call that is not about the shard alone;
// nil is a success. It has failed, or had no answer, for as long as lasted says, if this is
// its first failure. The key identifies the call. It returns the message for a
// person that is due, empty for none: whoever holds a lock can hand it on later. It
// is safe for concurrent use.
func (a *Assignment) Reported(key any, err error, lasted time.Duration) (message string) {
	if err == nil {
		return a.s.reporter.NotePassed(key)
	}
	return a.s.reporter.Note(key, "", err, lasted)
}

// Forgotten notes that a call is not retried any more, and that the run goes on
// without its answer. It is safe for concurrent use.
func (a *Assignment) Forgotten(key any) { a.s.reporter.Forget(key) }

// leave ends the assignment. What fails when the run is over stays on record as the
// reason.
func (a *Assignment) leave(ctx context.Context) {
	if ctx.Err() == nil {
		a.failures.End()
	}
}

// Retried counts a failure that was not a rate limit.
func (a *Assignment) Retried() { a.s.progress.retried() }

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
func (a *positionCheck) Accepted() {
	a.accepted = true
	a.s.served.Store(true)
}

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
	a.Info(lost.Error())
	return Oldest(), nil
}

// isSaved reports whether a position is of the checkpoint, and has a sequence
// number that kin received.
func (a *positionCheck) isSaved(at checkpoint.Shard) bool {
	return a.s.placement.Saved != nil && at.SequenceNumber != "" &&
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

// WasTrimmed finds out, after the service did not know the shard, whether it was
// trimmed. It reports that, because what was beyond at is lost; where positions are
// kept, and loss is not allowed, that is a *DataLossError. Where the stream itself is
// gone, the error says so.
func (a *positionCheck) WasTrimmed(ctx context.Context, at checkpoint.Shard) (bool, error) {
	if err := a.s.refresh(ctx); err != nil {
		return false, err
	}
	if a.s.isListed(a.shard) {
		return false, nil
	}
	loss := &DataLossError{Stream: a.s.ref.Name, missing: NotRetainedMessage(a.s.ref.Name, a.shard, at)}
	if a.s.o.Positions != nil && !a.s.o.AllowDataLoss {
		return false, loss
	}
	a.Info(loss.Error())
	return true, nil
}

// Refused is the error for a position that the service does not accept.
func (a *positionCheck) Refused(at checkpoint.Shard, err error) error {
	if classify(err) == notFound {
		// With its code it would be taken for the stream's absence.
		return fmt.Errorf("ListShards lists shard %s of stream %s, but the service does not find it: %s", a.shard, a.s.ref.Given, service.Brief(err))
	}
	if at.SequenceNumber == "" || a.accepted { // then the position is not at fault
		return err
	}
	reason := fmt.Sprintf("sequence number %s is not accepted for %s/%s: %s", at.SequenceNumber, a.s.ref.Name, a.shard, service.Brief(err))
	if a.s.placement.Saved == nil {
		return &record.OptionError{Field: "initial position", Want: "a sequence number of the shard; " + reason}
	}
	unusable := &CheckpointError{Stream: a.s.ref.Name, Reason: reason, Err: err}
	if a.isSaved(at) {
		unusable.next = "--allow-data-loss resumes from the oldest retained record; if the stream is another one, delete the checkpoint file and start from scratch"
	}
	return unusable
}
