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

// Assignment is one shard that a run reads, for the shard's source. It has the position to begin
// at, the checks of answers, and the reports. Its methods are for the goroutine of the source.
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

// Succeeded ends a series of failures: a call, or a wait for an event, succeeded.
func (a *Assignment) Succeeded() { a.failures.Succeeded() }

// Failed counts one more failure in a row. It returns the minimum wait before the next attempt, or
// a *GaveUpError.
func (a *Assignment) Failed(err error) (time.Duration, error) { return a.failures.Count(err) }

// Reported records the result of a call that does not concern one shard alone; a nil err is a
// success. The key identifies the call. lasted is how long the call has failed or had no answer, if
// this is its first failure. It returns the message to print, or "". A caller that holds a lock can
// print it later. Reported is safe for concurrent use.
func (a *Assignment) Reported(key any, err error, lasted time.Duration) (message string) {
	if err == nil {
		return a.s.reporter.NotePassed(key)
	}
	return a.s.reporter.Note(key, "", err, lasted)
}

// Forgotten drops a call that is not retried any more: the run continues without its answer. It is
// safe for concurrent use.
func (a *Assignment) Forgotten(key any) { a.s.reporter.Forget(key) }

// end ends the assignment. If the run is over, a failing call stays on record as the reason.
func (a *Assignment) end(ctx context.Context) {
	if ctx.Err() == nil {
		a.failures.End()
	}
}

// Retried counts a failure that was not a rate limit.
func (a *Assignment) Retried() { a.s.progress.retried() }

// positionCheck decides what to do about a position that the service may no longer accept.
type positionCheck struct {
	shardRef
	begin    checkpoint.Shard
	accepted bool // the service accepted a position of the shard in this run
}

// CheckStream checks that the stream was not deleted or created again since the run began. Its
// errors are *StreamDeletedError, *StreamRecreatedError, and the cause of ctx. If the service does
// not answer, the stream is assumed to be the same.
func (a *positionCheck) CheckStream(ctx context.Context) error { return a.s.check(ctx) }

// Accepted records that the service accepted a position of the shard.
func (a *positionCheck) Accepted() {
	a.accepted = true
	a.s.served.Store(true)
}

// NotAccepted decides what to do when the service keeps refusing a sequence number. It returns the
// position to resume from, or an error. If the number was refused at its first use, the user's
// option or the checkpoint is at fault. If data loss is allowed, a number that an earlier run
// received counts as no longer retained.
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

// isSaved reports whether a position is from the checkpoint and has a sequence number that kin
// received.
func (a *positionCheck) isSaved(at checkpoint.Shard) bool {
	return a.s.placement.Saved != nil && at.SequenceNumber != "" &&
		(at.Kind == record.AfterSequenceNumber || at.SubSequenceNumber != nil)
}

// IsLast reports whether no record of the closed shard can follow the refused sequence number. If
// this run did not receive the number, that holds only for the shard's last number itself: another
// stream's may be higher. Some implementations give a closed shard a last number that is unrelated
// to its records; it is ignored.
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

// IsTrimmed reports whether the record before a position is no longer retained. In a quiet shard
// that is no gap, and guard has already checked for older gaps. Reports disagree on the answer for
// such a sequence number: the oldest record, a refusal, or endless empty answers.
func (a *positionCheck) IsTrimmed(at checkpoint.Shard) bool {
	arrived := at.LastArrival
	return at.SequenceNumber != "" && a.s.retention() > 0 && !arrived.IsZero() &&
		arrived.Before(a.s.now().Add(-a.s.retention()))
}

// IsStuck reports whether a response is the endless empty answer to a position that is no longer
// retained. Its MillisBehindLatest is at least the retention period.
func (a *positionCheck) IsStuck(at checkpoint.Shard, resp *Response) bool {
	return resp.isEmpty() && a.IsTrimmed(at) && aws.ToInt64(resp.MillisBehindLatest) >= a.s.retention().Milliseconds()
}

// WasTrimmed finds out whether a shard that the service does not find was trimmed. It reports that
// the records after at are lost. If positions are kept and data loss is not allowed, it returns a
// *DataLossError instead. If the stream itself was deleted, it returns that error.
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
		// With its error code, the message would say that the stream does not exist.
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
		unusable.next = "--allow-data-loss resumes from the oldest retained record; if the checkpoint belongs to another stream, delete the file and run again: kin then begins at --from (default latest)"
	}
	return unusable
}
