package writer

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"kin/writer/queue"
)

// intake reads the input, numbers and checks its records, and passes them to the
// dispatcher. It reads no faster than the rates allow.
type intake struct {
	next  func(context.Context) (Record, error)
	limit int // bytes of data and partition key
	o     Options
	to    *dispatcher
	rates rates
}

func newIntake(next func(context.Context) (Record, error), limit int, o Options, to *dispatcher) *intake {
	return &intake{next: next, limit: limit, o: o, to: to, rates: newRates(o)}
}

// run reads until the input ends or the intake is closed. Without Options.Rejected, the
// first record that can never be accepted ends it too.
func (in *intake) run(ctx context.Context) {
	for number := int64(1); ctx.Err() == nil; number++ {
		r, reason, err := in.read(ctx)
		switch {
		case err != nil:
			in.to.closeIntake(inputError(ctx, err))
			return
		case number <= in.o.Skip:
			in.to.withAccount(func(a *account) { a.skip(number) })
		case reason != nil:
			if !in.refuse(number, r, reason) {
				return
			}
		case in.rates.wait(ctx, r) != nil:
			return // the run was cancelled, which closes the intake
		case !in.to.push(queue.NewEntry(in.copySmall(r), number, time.Now())):
			return
		}
	}
}

// read returns the next record. reason says why the record cannot be written, if so.
func (in *intake) read(ctx context.Context) (r Record, reason, err error) {
	r, err = in.next(ctx)
	if err == nil {
		err = check(r, in.limit)
	}
	var bad *rejectError
	if errors.As(err, &bad) {
		return r, bad.err, nil
	}
	return r, nil, err
}

// inputError returns the result of a run in which next returned err.
func inputError(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, io.EOF):
		return nil
	}
	return err
}

// refuse rejects a record that cannot be sent. It reports whether to read the next one.
func (in *intake) refuse(number int64, r Record, reason error) bool {
	more := in.to.refuse(queue.NewEntry(in.copySmall(r), number, time.Now()), reason)
	if in.o.Rejected != nil {
		return more
	}
	in.to.closeIntake(&RejectedError{Records: 1, First: number, Reason: reason.Error()})
	return false
}

// copyBelow is the size in bytes from which data is not copied. Smaller data may be a part of
// a large buffer, and would keep the whole buffer in memory.
const copyBelow = 128 << 10

// copySmall returns r with copies of its small slices, so that a queued record keeps no other
// memory alive.
func (in *intake) copySmall(r Record) Record {
	source := r.Source
	r.Source = nil
	if len(r.Data) < copyBelow {
		r.Data = slices.Clone(r.Data)
	}
	if in.o.Rejected != nil && source != nil {
		r.Source = source
		if len(source) < copyBelow {
			r.Source = slices.Clone(source)
		}
	}
	return r
}

// RandomKey returns a partition key for a record that may go to any shard. It is not
// suitable for secrets.
func RandomKey() string { return strconv.FormatUint(rand.Uint64(), 36) }
