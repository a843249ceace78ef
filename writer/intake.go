package writer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
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
			in.to.closeIntake(ending(ctx, err))
			return
		case number <= in.o.Skip:
			in.to.skip(number)
		case reason != nil:
			if !in.refuse(number, r, reason) {
				return
			}
		case in.rates.wait(ctx, r) != nil:
			return // the run was cancelled, which closes the intake
		case !in.to.put(newEntry(in.own(r), number, time.Now())):
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
	var bad *rejection
	if errors.As(err, &bad) {
		return r, bad.err, nil
	}
	return r, nil, err
}

// ending is what a run ends with when next returned err.
func ending(ctx context.Context, err error) error {
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
	more := in.to.refuse(newEntry(in.own(r), number, time.Now()), reason)
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

// rejection is what next says of a record that cannot be written.
type rejection struct{ err error }

func (r *rejection) Error() string { return r.err.Error() }
func (r *rejection) Unwrap() error { return r.err }

// Reject is the error with which the input of Run says that its next record
// cannot be written, and why. The record that comes with it may have a Source.
func Reject(reason error) error { return &rejection{reason} }

// The service's limits of a record.
const (
	keyCharacters = 256
	mostHashKey   = "340282366920938463463374607431768211455" // 2^128-1
)

// check returns the rejection of a record that the service would never accept.
func check(r Record, limit int) error {
	switch key := r.PartitionKey; {
	case key == "":
		return Reject(errors.New("the partition key is empty"))
	case !utf8.ValidString(key):
		return Reject(fmt.Errorf("partition key %q is not valid UTF-8", key))
	case len(key) > keyCharacters && utf8.RuneCountInString(key) > keyCharacters:
		return Reject(fmt.Errorf("the partition key has %d characters: want at most %d", utf8.RuneCountInString(key), keyCharacters))
	}
	if !validHashKey(r.ExplicitHashKey) {
		return Reject(fmt.Errorf("explicit hash key %q: want a decimal number from 0 to 2^128-1", r.ExplicitHashKey))
	}
	if size := len(r.Data) + len(r.PartitionKey); size > limit {
		return Reject(fmt.Errorf("data and partition key have %s bytes: the stream takes at most %s",
			humanize.Comma(int64(size)), humanize.Comma(int64(limit))))
	}
	return nil
}

// validHashKey reports whether key is empty or what the service's pattern
// 0|([1-9]\d{0,38}) and range allow.
func validHashKey(key string) bool {
	for i := range len(key) {
		if key[i] < '0' || key[i] > '9' {
			return false
		}
	}
	switch {
	case len(key) > 1 && key[0] == '0', len(key) > len(mostHashKey):
		return false
	}
	return len(key) < len(mostHashKey) || key <= mostHashKey
}

// RandomKey returns a partition key for a record whose place in the stream
// does not matter. It is not fit for secrets.
func RandomKey() string { return strconv.FormatUint(rand.Uint64(), 36) }
