package writer

import (
	"context"
	"errors"
	"io"
	"time"

	"kin/writer/queue"
)

// Preview is what Run would do with one record of the input.
type Preview struct {
	Record  int64  // the record's number, from 1
	ShardID string // the shard it would go to; empty if the shard is not known
	Size    int    // bytes that count toward the record size limit

	// ErrorCode is "Rejected" for a record that cannot be written, otherwise empty.
	ErrorCode, ErrorMessage string
}

// DryRun checks the records from next until it returns io.EOF, and writes nothing. It reads
// the whole input. If some records cannot be written, it returns a *RejectedError.
//
// Unlike Run, it calls next on this goroutine. An error of report ends the run.
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
