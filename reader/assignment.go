package reader

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"kin/internal/apierror"
	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/service"
)

// Assignment is one shard that a run reads, as the shard's source sees it:
// where to begin, what the run knows of the stream, and whom to tell. Its
// methods are for the goroutine of the source.
type Assignment struct {
	s         *streamRun
	shard     string
	begin     checkpoint.Shard
	failures  *service.Failures
	accepted  bool      // the service accepted a position of the shard in this run
	repeated  time.Time // when records that came again were last reported
	ends      doubtfulEnds
	suspicion suspicion
}

func newAssignment(s *streamRun, shard string, begin checkpoint.Shard) *Assignment {
	return &Assignment{s: s, shard: shard, begin: begin, failures: service.NewFailures(s.run.retries())}
}

// Stream is the stream's name.
func (a *Assignment) Stream() string { return a.s.ref.Name }

// StreamARN is the stream's ARN where the caller gave one, else nil.
func (a *Assignment) StreamARN() *string { return a.s.ref.ByARN() }

// ShardID is the shard.
func (a *Assignment) ShardID() string { return a.shard }

// Begin is the position to begin at.
func (a *Assignment) Begin() checkpoint.Shard { return a.begin }

// QueryID is the query id of the run's positions.
func (a *Assignment) QueryID() string { return a.s.run.file.ID }

// IsKept says whether the positions are kept for a run to come.
func (a *Assignment) IsKept() bool { return a.s.run.o.Positions != nil }

// Until is the run's bound in the stream's own time; zero without one.
func (a *Assignment) Until() time.Time { return a.s.until }

// Now is the service's clock, carried on by this process's.
func (a *Assignment) Now() time.Time { return a.s.run.now() }

// Log takes what is for those who look for a fault.
func (a *Assignment) Log() *slog.Logger { return a.s.run.log }

// Say tells a person what they should know.
func (a *Assignment) Say(message string) { a.s.run.o.Say(message) }

// Succeeded says that a call, or a wait for an event, passed.
func (a *Assignment) Succeeded() { a.failures.Over() }

// Failed notes one more failure in a row. It returns how long to wait at least
// before the next attempt, or a *GaveUpError.
func (a *Assignment) Failed(err error) (time.Duration, error) { return a.failures.Count(err) }

// Reported notes what came of an attempt of a call that is not about the shard alone;
// nil is a success. It has failed, or had no answer, for as long as lasted says, if this is
// its first failure. The key tells such calls apart. It returns the message for a
// person that is due, empty for none: whoever holds a lock can hand it on later. It
// is safe for concurrent use.
func (a *Assignment) Reported(key any, err error, lasted time.Duration) (message string) {
	if err == nil {
		return a.s.run.reporter.NotePassed(key)
	}
	return a.s.run.reporter.Note(key, "", err, lasted)
}

// Forgotten notes that a call is not retried any more, and that the run goes on
// without its answer. It is safe for concurrent use.
func (a *Assignment) Forgotten(key any) { a.s.run.reporter.Forget(key) }

// leave ends the assignment. What fails when the run is over stays on record as the
// reason.
func (a *Assignment) leave(ctx context.Context) {
	if ctx.Err() == nil {
		a.failures.End()
	}
}

// Retried counts a failure that was not a rate limit.
func (a *Assignment) Retried() { a.s.run.progress.retried() }

// Error is the error of a call about the shard.
func (a *Assignment) Error(call string, err error) error {
	return &CallError{Call: call, Stream: a.s.ref.Given, Shard: a.shard, Err: err}
}

// IsTrimmed says whether the record that a position is behind is no longer
// retained. In a quiet shard that is no gap, and the guard has ruled out one
// that was there before. Reports disagree on what its sequence number gets:
// the oldest record, a refusal, or empty answers for ever.
func (a *Assignment) IsTrimmed(at checkpoint.Shard) bool {
	arrived := at.LastArrival
	return at.SequenceNumber != "" && a.s.retention() > 0 && !arrived.IsZero() &&
		arrived.Before(a.s.run.now().Add(-a.s.retention()))
}

// IsStuck says whether a response is what a position that is no longer
// retained gets for ever: nothing, as far behind as the stream reaches.
func (a *Assignment) IsStuck(at checkpoint.Shard, resp *Response) bool {
	return resp.isEmpty() && a.IsTrimmed(at) && aws.ToInt64(resp.MillisBehindLatest) >= a.s.retention().Milliseconds()
}

// Oldest is where to begin again when a position is no longer retained: all
// records that are left came later than one that was trimmed.
func Oldest() checkpoint.Shard {
	return checkpoint.Shard{Position: record.Position{Kind: record.TrimHorizon}}
}

// IsGone finds out, after the service did not know the shard, whether it was
// trimmed, which it tells, for what was beyond at is lost; where positions are
// kept that is a *DataLossError, unless it is allowed. With the stream gone, its
// error says so.
func (a *Assignment) IsGone(ctx context.Context, at checkpoint.Shard) (bool, error) {
	if err := a.s.refresh(ctx); err != nil {
		return false, err
	}
	if a.s.isListed(a.shard) {
		return false, nil
	}
	gone := &DataLossError{Stream: a.s.ref.Name, gone: fmt.Sprintf("%s/%s is no longer retained; what it held beyond %s is gone", a.s.ref.Name, a.shard, describe(at))}
	if a.s.run.o.Positions != nil && !a.s.run.o.AllowDataLoss {
		return false, gone
	}
	a.Say(gone.Error())
	return true, nil
}

// Refused is the error for a position that the service does not accept.
func (a *Assignment) Refused(at checkpoint.Shard, err error) error {
	if classify(err) == gone {
		// With its code it would be taken for the stream's absence.
		return fmt.Errorf("shard %s of stream %s is listed, and the service does not find it: %s", a.shard, a.s.ref.Given, apierror.Brief(err))
	}
	if at.SequenceNumber == "" || a.accepted { // then the position is not at fault
		return err
	}
	reason := fmt.Sprintf("sequence number %s is not accepted for %s/%s: %s", at.SequenceNumber, a.s.ref.Name, a.shard, apierror.Brief(err))
	if a.s.place.saved == nil {
		return &record.OptionError{Field: "initial position", Want: "a sequence number of the shard; " + reason}
	}
	unusable := &CheckpointError{Stream: a.s.ref.Name, Reason: reason, Err: err}
	if a.isSaved(at) {
		unusable.next = "--allow-data-loss goes on from the oldest record that is left; if the stream is another one, delete the checkpoint file and start from scratch"
	}
	return unusable
}

// describe is a position in words.
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
