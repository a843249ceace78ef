package reader

import (
	"context"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/service"
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
// its first failure. The key tells such calls apart. It returns the message for a
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
