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

// intake numbers and checks the records of the input on their way to the
// dispatcher, and takes no more of them than the rates allow.
type intake struct {
	next  func(context.Context) (Record, error)
	limit int // of data and partition key
	o     Options
	to    *dispatcher
	rates rates
}

func newIntake(next func(context.Context) (Record, error), limit int, o Options, to *dispatcher) *intake {
	return &intake{next: next, limit: limit, o: o, to: to, rates: newRates(o)}
}

// run ends with the input, with the first record that can never be accepted
// unless such records are handed over, or when no more is taken.
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
		case !in.to.push(queue.NewEntry(in.own(r), number, time.Now())):
			return
		}
	}
}

// read returns the next record, with the reason when it cannot be written.
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

// inputError is what a run ends with when next returned err.
func inputError(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, io.EOF):
		return nil
	}
	return err
}

// refuse deals with a record that cannot be sent, and reports whether the next
// one is wanted.
func (in *intake) refuse(number int64, r Record, reason error) bool {
	more := in.to.refuse(queue.NewEntry(in.own(r), number, time.Now()), reason)
	if in.o.Rejected != nil {
		return more
	}
	in.to.closeIntake(&RejectedError{Records: 1, First: number, Reason: reason.Error()})
	return false
}

// ownFrom is how many bytes of data are left where they are: less than that may
// be a small part of a large buffer which would be kept as a whole.
const ownFrom = 128 << 10

// own returns r with memory of its own, so that a record that waits for long
// holds nothing but itself.
func (in *intake) own(r Record) Record {
	source := r.Source
	r.Source = nil
	if len(r.Data) < ownFrom {
		r.Data = slices.Clone(r.Data)
	}
	if in.o.Rejected != nil && source != nil {
		r.Source = source
		if len(source) < ownFrom {
			r.Source = slices.Clone(source)
		}
	}
	return r
}

// RandomKey returns a partition key for a record whose place in the stream
// does not matter. It is not fit for secrets.
func RandomKey() string { return strconv.FormatUint(rand.Uint64(), 36) }
