package writer

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// DeletedError means that the stream was deleted during a run. The records that were
// acknowledged before are lost.
type DeletedError struct {
	Stream string // as the caller named it
	// Again is true if another stream was created under the same name.
	Again bool
	Err   error // the error that reported the stream missing; nil if there was none
}

// Unwrap returns the error that reported the stream missing, or nil.
func (e *DeletedError) Unwrap() error { return e.Err }

func (e *DeletedError) Error() string {
	if e.Again {
		return fmt.Sprintf("stream %s was deleted and created again while it was written to", e.Stream)
	}
	return fmt.Sprintf("stream %s was deleted while it was written to", e.Stream)
}

// Hint says what happened to the records.
func (e *DeletedError) Hint() string {
	if e.Again {
		return "the records written to the deleted stream are lost: write them again, without --skip"
	}
	return "the records written to it are lost"
}

// NotFound reports whether the stream does not exist any more. Callers can check for it
// without importing the type.
func (e *DeletedError) NotFound() bool { return !e.Again }

// deletedCheckTime bounds the DescribeStreamSummary call at the end of a run.
const deletedCheckTime = 5 * time.Second

// checkDeleted replaces the result of a run by a *DeletedError if the stream was deleted
// during the run: it is not found any more, or another stream has its name. It describes
// the stream once. Without an answer the result stays as it was.
func (w *Writer) checkDeleted(ctx context.Context, facts streamFacts, s Summary, err error) error {
	var call *CallError
	streamMissing := errors.As(err, &call) && call.Call == "PutRecords" && classify(call.Err) == notFound
	switch {
	case streamMissing && !facts.found && s.Written == 0:
		return err // the stream may never have existed
	case streamMissing:
	case err != nil, ctx.Err() != nil, facts.created.IsZero(), s.Written == 0, s.Duration < minStreamLife:
		return err
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), deletedCheckTime)
	defer cancel()
	out, failed := describe(bounded, w.client, w.o.Stream)
	switch {
	case failed == nil && facts.isAnother(out):
		return &DeletedError{Stream: w.o.Stream, Again: true}
	case failed == nil && streamMissing && isDeleting(out),
		failed != nil && classify(failed) == notFound,
		failed != nil && classify(failed) == denied && streamMissing:
		return &DeletedError{Stream: w.o.Stream, Err: err}
	case failed != nil:
		w.o.Log.DebugContext(ctx, "describe the stream at the end", "stream", w.o.Stream, "error", failed)
	}
	return err // the stream exists, or kin cannot know
}
