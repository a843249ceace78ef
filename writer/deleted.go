package writer

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// DeletedError means that the stream was deleted while a run wrote to it. Records
// that were acknowledged before are gone with it.
type DeletedError struct {
	Stream string // as the caller named it
	// Again is true if another stream was created under its name.
	Again bool
	Err   error // the answer that it is not there; nil without
}

// Unwrap is the answer that the stream is not there.
func (e *DeletedError) Unwrap() error { return e.Err }

func (e *DeletedError) Error() string {
	if e.Again {
		return fmt.Sprintf("stream %s was deleted and created again while it was written to", e.Stream)
	}
	return fmt.Sprintf("stream %s was deleted while it was written to", e.Stream)
}

// Hint says what became of the records.
func (e *DeletedError) Hint() string {
	if e.Again {
		return "the records written to the first stream are gone: write them again, without --skip"
	}
	return "the records that were written are gone with it"
}

// NotFound is true while there is no such stream; it marks the error for those who
// do not import the type.
func (e *DeletedError) NotFound() bool { return !e.Again }

// deletedCheckTime bounds the description of the stream at the end of a run.
const deletedCheckTime = 5 * time.Second

// checkDeleted turns the end of a run into a *DeletedError where the stream was deleted
// meanwhile: it is not found any more, or it is another than the run began with.
// That is asked for once; without an answer the run ends as it would have.
func (w *Writer) checkDeleted(ctx context.Context, facts streamFacts, s Summary, err error) error {
	var call *CallError
	lost := errors.As(err, &call) && call.Call == "PutRecords" && classify(call.Err) == notFound
	switch {
	case lost && !facts.found && s.Written == 0:
		return err // it may never have been there
	case lost:
	case err != nil, ctx.Err() != nil, facts.created.IsZero(), s.Written == 0, s.Duration < leastLife:
		return err
	}
	ask, cancel := context.WithTimeout(context.WithoutCancel(ctx), deletedCheckTime)
	defer cancel()
	out, failed := describe(ask, w.client, w.o.Stream)
	switch {
	case failed == nil && facts.isAnother(out):
		return &DeletedError{Stream: w.o.Stream, Again: true}
	case failed == nil && lost && isDeleting(out),
		failed != nil && classify(failed) == notFound,
		failed != nil && classify(failed) == denied && lost:
		return &DeletedError{Stream: w.o.Stream, Err: err}
	case failed != nil:
		w.o.Log.DebugContext(ctx, "describe the stream at the end", "stream", w.o.Stream, "error", failed)
	}
	return err // the stream is there, or that is not known
}
