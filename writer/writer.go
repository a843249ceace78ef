// Package writer puts records into one stream with PutRecords: batched, at
// least once, and with an account of what happened that is true on every way
// out.
//
// It promises that a record it calls written was acknowledged by the service,
// that nothing that was acknowledged is sent again, and that its memory is
// bounded by two requests however slow the service is: then it stops reading
// the input.
//
// What it promises about order: one request is in flight at a time, and the
// records of later input wait until every record of an earlier request is
// settled. So a record is never overtaken by a record of a later request. It
// does not promise order inside a request: PutRecords itself processes entries
// independently, so when an entry fails, later entries of the same request and
// the same partition key may be in the stream before the entry is retried. As
// long as no entry fails, the records of a partition key are in the stream in
// the order of the input. A stream with the record distribution strategy AUTO
// ignores keys and has no order at all.
package writer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// Client is what the writer needs of the service. Its calls must be single
// attempts: the writer retries by itself.
type Client interface {
	PutRecords(context.Context, *kinesis.PutRecordsInput, ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error)
	// DescribeStreamSummary tells the stream's record limit. Writing works
	// without the permission for it; the limit is then 1 MiB.
	DescribeStreamSummary(context.Context, *kinesis.DescribeStreamSummaryInput, ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error)
}

// Record is one record to write.
type Record struct {
	PartitionKey    string // 1 to 256 characters
	ExplicitHashKey string // a decimal number below 2^128, or empty
	// Data must not change until Run has returned. nil is an empty payload.
	Data []byte
}

// Options says where to write and how patiently. DefaultOptions has the
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

	// Say tells a person what they should know; nil is silence.
	Say func(message string)
	// Log is for those who look for a fault; nil discards it.
	Log *slog.Logger
}

// DefaultOptions are the defaults of `kin write`. The stream is missing.
func DefaultOptions() Options {
	return Options{Linger: 100 * time.Millisecond, RetryFor: 5 * time.Minute, Grace: 30 * time.Second}
}

// streamPattern is what the service allows as a stream's name or ARN.
var streamPattern = regexp.MustCompile(`^(arn:aws[^:]*:kinesis:[^:]+:[0-9]{12}:stream/)?[a-zA-Z0-9_.-]{1,128}$`)

// validate returns an *OptionError for the first field that cannot be used.
func (o Options) validate() error {
	for _, check := range []struct {
		ok          bool
		field, want string
	}{
		{streamPattern.MatchString(o.Stream), "stream",
			fmt.Sprintf("one name or an ARN such as arn:aws:kinesis:us-east-1:123456789012:stream/orders, got %q", o.Stream)},
		{o.Linger >= 0, "linger", "0 or more"},
		{o.RetryFor >= 0, "retry for", "0 or more"},
		{o.Grace >= 0, "grace", "0 or more"},
	} {
		if !check.ok {
			return &OptionError{check.field, check.want}
		}
	}
	return nil
}

// Summary is what a run has done. Records of the input count from 1.
type Summary struct {
	Read     int64 // records taken from the input
	Written  int64 // records that the service acknowledged
	Bytes    int64 // their payloads
	Retried  int64 // records that were sent more than once
	Rejected int64 // records that were given up

	// PossiblyTwice counts records that were sent again although it is not
	// known what became of an earlier request with them: the stream may hold
	// them twice.
	PossiblyTwice int64
	// Unsure counts records that are not written as far as is known, and of
	// which a request was sent whose outcome is not known.
	Unsure int64
	// WrittenThrough is the number of the record up to which every record of
	// the input is written.
	WrittenThrough int64

	Duration time.Duration
}

// Writer writes to one stream.
type Writer struct {
	client Client
	o      Options
}

// New returns a writer, or an *OptionError that names the field in words.
func New(client Client, o Options) (*Writer, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	return &Writer{client, o}, nil
}

// Run writes what next returns until next returns io.EOF. It returns nil when
// all of it is written.
//
// The first record that cannot be written ends the run with a *RejectedError,
// after everything before it was written. So does an error of next, which is
// returned as it is; next reports a record that its source cannot make sense
// of with Reject. A call that cannot succeed is a *CallError, a service that
// does not answer at the start a *GaveUpError. When ctx is cancelled the run
// stops reading, writes what it has read for at most Options.Grace, and returns
// the cause.
//
// next is called from another goroutine, one call at a time, while requests
// are under way. It should return when its context is done; Run does not wait
// for a call that is still blocked when everything else is over.
func (w *Writer) Run(ctx context.Context, next func(context.Context) (Record, error)) (Summary, error) {
	began := time.Now()
	recordLimit, err := w.recordLimit(ctx)
	if err != nil {
		return Summary{Duration: time.Since(began)}, err
	}

	reading, stopReading := context.WithCancel(ctx)
	defer stopReading()
	q := newQueue(requestRecords, requestBytes, w.o.Linger)
	defer context.AfterFunc(ctx, func() { q.close(context.Cause(ctx)) })()
	go (&intake{next: next, limit: recordLimit, queue: q}).run(reading)

	writing, abandon := withGrace(ctx, w.o.Grace)
	defer abandon()
	s := &sender{client: w.client, o: w.o, requestBytes: requestBytes}
	err = s.run(writing, q)

	s.summary.Read = q.close(err)
	var rejected *RejectedError
	if errors.As(err, &rejected) {
		s.summary.Read = max(s.summary.Read, rejected.First) // it never was in the queue
	}
	s.summary.Duration = time.Since(began)
	return s.summary, err
}

// withGrace returns a context that outlives ctx by grace. The function that it
// returns must be called in the end.
func withGrace(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	writing, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	expired := make(chan *time.Timer, 1)
	stop := context.AfterFunc(ctx, func() {
		cause := context.Cause(ctx)
		expired <- time.AfterFunc(grace, func() { cancel(cause) })
	})
	return writing, func() {
		if !stop() {
			(<-expired).Stop()
		}
		cancel(nil)
	}
}
