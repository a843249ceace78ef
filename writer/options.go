package writer

import (
	"fmt"
	"log/slog"
	"math"
	"time"

	"kin/internal/record"
)

// Options are where to write and how patiently. DefaultOptions has the
// defaults of `kin write`.
type Options struct {
	Stream string // name or ARN
	// Linger is how long a record waits for others to share its request.
	Linger time.Duration
	// RetryFor is how long a record is retried after it was first sent. Then
	// it is rejected.
	RetryFor time.Duration
	// Grace is how long a cancelled run may still take to write what it has
	// read.
	Grace time.Duration
	// InFlight is how many requests are sent at a time, at most.
	InFlight int
	// Ordered keeps the order within each partition key through failures and
	// reshards.
	Ordered bool
	// Aggregate packs records of the same key, where several wait, into
	// aggregates of the Kinesis Producer Library.
	Aggregate bool
	// Unshaped sends as fast as the service answers, whatever the limits of a
	// shard are.
	Unshaped bool
	// RecordRate and ByteRate limit what is taken from the input in a second;
	// 0 is no limit.
	RecordRate, ByteRate float64
	// Pace waits between records as long as lay between their arrivals,
	// divided by Pace; 0 does not wait.
	Pace float64
	// Skip is how many records of the input are passed over: they count as
	// written.
	Skip int64

	// Report is called with what became of each record, in the order of the input,
	// those at once that are known at once. Rejected is handed the records that are
	// given up, as they are; nil means that the first of them ends the run. Both are
	// called on the goroutine of Run, and an error of theirs ends the run.
	Report   func([]Result) error
	Rejected func(Rejection) error
	// Info is called with messages for a person, one at a time; nil drops them. It is
	// called on the goroutine of Run, and on another one while a call of the start has no
	// answer: Run waits for it.
	Info func(message string)
	// Log is for those who look for a fault; nil discards it.
	Log *slog.Logger
}

// DefaultOptions are the defaults of `kin write`. The stream is missing.
func DefaultOptions() Options {
	return Options{Linger: 100 * time.Millisecond, RetryFor: 5 * time.Minute, Grace: 30 * time.Second, InFlight: 8}
}

const mostInFlight = 256

// validate returns an *record.OptionError for the first field that cannot be used.
func (o Options) validate() error {
	for _, check := range []struct {
		ok          bool
		field, want string
	}{
		{record.ParseStream(o.Stream).Name != "", "stream",
			fmt.Sprintf("one name or an ARN such as arn:aws:kinesis:us-east-1:123456789012:stream/orders, got %q", o.Stream)},
		{o.Linger >= 0, "linger", "0 or more"},
		{o.RetryFor >= 0, "retry for", "0 or more"},
		{o.Grace >= 0, "grace", "0 or more"},
		{o.InFlight >= 1 && o.InFlight <= mostInFlight, "requests in flight", fmt.Sprintf("1 to %d", mostInFlight)},
		{o.RecordRate >= 0 && !math.IsInf(o.RecordRate, 0), "record rate", "records a second, or 0 for no limit"},
		{o.ByteRate >= 0 && !math.IsInf(o.ByteRate, 0), "byte rate", "bytes a second, or 0 for no limit"},
		{o.Pace >= 0 && !math.IsInf(o.Pace, 0), "pace", "a factor above 0, or 0 for no waiting"},
		{o.Skip >= 0, "skip", "0 or more"},
	} {
		if !check.ok {
			return &record.OptionError{Field: check.field, Want: check.want}
		}
	}
	return nil
}
