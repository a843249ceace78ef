package writer

import (
	"context"
	"errors"
	"io"
	"time"

	"kin/writer/queue"
)

// Preview is what would become of a record of the input.
type Preview struct {
	Record  int64  // its number, from 1
	ShardID string // the shard it would go to; empty when that is not known
	Size    int    // what it counts toward the limits of a record

	// ErrorCode is Rejected for a record that cannot be written.
	ErrorCode, ErrorMessage string
}

// DryRun checks what next returns until next returns io.EOF, and writes
// nothing. It returns a *RejectedError when records of it cannot be written,
// behind the last of the input. next is called as Run calls it, on this
// goroutine; an error of report ends the run.
func (w *Writer) DryRun(ctx context.Context, next func(context.Context) (Record, error), report func(Preview) error) (Summary, error) {
	facts, err := w.start(ctx)
	if err != nil {
		return Summary{}, err
	}
	var (
		s      Summary
		bad    RejectedError
		shards = queue.New(queue.Options{}, facts.shards, time.Now())
		in     = newIntake(next, facts.recordLimit, Options{}, nil)
	)
	for ctx.Err() == nil {
		r, reason, err := in.read(ctx)
		switch {
		case errors.Is(err, io.EOF):
			if bad.Records > 0 {
				return s, &bad
			}
			return s, nil
		case err != nil:
			return s, inputError(ctx, err)
		}
		if s.Read++; s.Read <= w.o.Skip {
			continue
		}
		p := Preview{Record: s.Read, Size: len(r.Data) + len(r.PartitionKey)}
		if reason == nil {
			p.ShardID = shards.Predict(&r)
		} else {
			p = Preview{Record: s.Read, ErrorCode: codeRejected, ErrorMessage: reason.Error()}
			if bad.Records == 0 {
				bad.First, bad.Reason = s.Read, p.ErrorMessage
			}
			bad.Records++
			s.Rejected++
		}
		if err := report(p); err != nil {
			return s, err
		}
	}
	return s, context.Cause(ctx)
}
