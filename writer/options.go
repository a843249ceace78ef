package writer

import (
	"fmt"
	"log/slog"
	"math"
	"time"

	"kin/internal/record"
)

// Options configure a Writer. DefaultOptions has the defaults of `kin write`.
type Options struct {
	Stream string // name or ARN
	// Linger is how long a record waits for others to fill its request.
	Linger time.Duration
	// RetryFor is how long a record is retried, counted from its first request. Then it is
	// rejected.
	RetryFor time.Duration
	// Grace is how long a cancelled run may go on to write what it has read.
	Grace time.Duration
	// InFlight is the maximum number of concurrent requests, 1 to 256.
	InFlight int
	// Ordered keeps the order of the records of a partition key even through failures and
	// reshards.
	Ordered bool
	// Aggregate packs waiting records of the same key into aggregates of the Kinesis Producer
	// Library.
	Aggregate bool
	// Unshaped ignores the write limits of shards and sends as fast as the service answers.
	Unshaped bool
	// RecordRate and ByteRate limit how many records and bytes are read from the input per
	// second. 0 means no limit.
	RecordRate, ByteRate float64
	// Pace reproduces the pauses between the arrival times of the records, divided by Pace. 0
	// means no pauses.
	Pace float64
	// Skip is the number of records at the start of the input that are not sent. They count as
	// written.
	Skip int64

	// Report is called with the result of each record, in input order. Results that become
	// known together come in one call. nil means that no results are wanted.
	//
	// Rejected is called with each rejected record, unchanged. If it is nil, the first rejected
	// record ends the run.
	//
	// Both are called on the goroutine of Run. An error of theirs ends the run.
	Report   func([]Result) error
	Rejected func(Rejection) error
	// Info is called with messages for a person, one at a time; nil drops them. It is called on
	// the goroutine of Run. While a call at the start has no answer, it is called on another
	// goroutine, and Run waits for it to return.
	Info func(message string)
	// Log receives debug messages; nil discards them.
	Log *slog.Logger
}

// DefaultOptions returns the defaults of `kin write`. The caller must set Stream.
func DefaultOptions() Options {
	return Options{Linger: 100 * time.Millisecond, RetryFor: 5 * time.Minute, Grace: 30 * time.Second, InFlight: 8}
}

const maxInFlight = 256

// validate returns an *record.OptionError for the first invalid field.
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
		{o.InFlight >= 1 && o.InFlight <= maxInFlight, "requests in flight", fmt.Sprintf("1 to %d", maxInFlight)},
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
