// Package writer puts records into one stream with PutRecords: batched, several
// requests at a time, at least once, and with an account of what happened that
// is true on every way out.
//
// It promises that a record it calls written was acknowledged by the service,
// that nothing that was acknowledged is sent again, and that its memory is
// bounded however slow the service is: then it stops reading the input.
//
// Where it can know the shard of a record it keeps to the limits of that shard,
// and when one shard refuses records the others go on, as far as there is room
// for what waits.
//
// What it promises about order: no two requests with records of the same
// partition key are in flight at the same time, and the later records of a key
// wait until every one of an earlier request is settled. So a record is never
// overtaken by a record of its key of a later request. It does not promise order inside a
// request: PutRecords itself processes entries independently, so when an entry
// fails, later entries of the same request and the same partition key may be in
// the stream before the entry is retried. As long as no entry fails, the
// records of a partition key are in the stream in the order of the input. With
// Options.Ordered a request holds one record of a key at most, and the order is
// kept whatever fails. A stream with the record distribution strategy AUTO
// ignores keys and has no order at all.
package writer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"kin/internal/record"
)

// Client is what the writer needs of the service. Its calls must be single
// attempts: the writer retries by itself.
type Client interface {
	PutRecords(context.Context, *kinesis.PutRecordsInput, ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error)
	// DescribeStreamSummary tells the stream's record limit. Writing works
	// without the permission for it; the limit is then 1 MiB.
	DescribeStreamSummary(context.Context, *kinesis.DescribeStreamSummaryInput, ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error)
	// ListShards tells which record goes to which shard. Writing works without
	// the permission for it, and does not keep to the shards' limits then.
	ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error)
}

// Record is one record to write. The writer copies what it is made of, so it
// may share memory with other records for as long as next is called for it;
// data of more than 128 KiB is not copied and must not change until Run has
// returned.
type Record struct {
	PartitionKey    string // 1 to 256 characters
	ExplicitHashKey string // a decimal number below 2^128, or empty
	// Data is the payload. nil is an empty payload.
	Data []byte
	// Source is the record as it came, for Options.Rejected: the bytes of the
	// input that it was made from, with what ends it there, such as the newline
	// of a line. Without Rejected it is not looked at.
	Source []byte
	// Arrival is when the record once arrived in the stream it was read from,
	// for Options.Pace. The zero time is not waited for.
	Arrival time.Time
}

// Result is what became of one record of the input.
type Result struct {
	Record int64 // its number, from 1

	ShardID        string
	SequenceNumber string // empty when it was not written
	// SubSequenceNumber is the record's index in its aggregate, if it is in
	// one.
	SubSequenceNumber *int

	// ErrorCode is the service's, or Rejected for a record that can never be
	// accepted, NoAnswer for one that no answer told of, NotWritten for one
	// that was read and not written when the run ended. The message of one that
	// may be in the stream all the same says so.
	ErrorCode, ErrorMessage string
}

// Rejection is a record that is given up.
type Rejection struct {
	Record // as next returned it
	Number int64
	Reason string
	Unsure bool // it may be in the stream all the same
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

	// Report is told what became of each record, in the order of the input,
	// those at once that are known at once. Rejected is handed the records that are given up, as they are; nil means
	// that the first of them ends the run. Both are called on the goroutine of
	// Run, and an error of theirs ends the run.
	Report   func([]Result) error
	Rejected func(Rejection) error
	// Say tells a person what they should know; nil is silence. It is called
	// on the goroutine of Run.
	Say func(message string)
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

// Summary is what a run has done. Records of the input count from 1.
type Summary struct {
	Read     int64 // records taken from the input; skipped ones too
	Written  int64 // records that the service acknowledged
	Bytes    int64 // their payloads
	Retried  int64 // records that were sent more than once
	Rejected int64 // records that were given up

	// PossiblyTwice counts records that were sent again although it is not
	// known what became of an earlier request with them: the stream may hold
	// them twice, or more often if that happened several times. PossibleCopies
	// is how many copies too many of them all there may be.
	PossiblyTwice, PossibleCopies int64
	// Unsure counts records that are not written as far as is known, and of
	// which a request was sent whose outcome is not known.
	Unsure int64
	// WrittenThrough is the number of the record up to which every record of
	// the input is written or was handed to Options.Rejected: what Options.Skip
	// goes on behind.
	WrittenThrough int64

	Duration time.Duration
}

// ShardSummary is what a run has done on one shard: the one that took the
// record, or, for records that none took, the one they should have gone to.
type ShardSummary struct {
	ShardID                           string // empty where it is not known
	Written, Bytes, Retried, Rejected int64
	PossiblyTwice, PossibleCopies     int64
}

func (s *ShardSummary) count(e *entry) {
	if e.retried {
		s.Retried++
	}
	if e.again > 0 {
		s.PossiblyTwice++
	}
	s.PossibleCopies += int64(e.again)
}

// Writer writes to one stream.
type Writer struct {
	client Client
	o      Options

	mu        sync.Mutex
	running   *dispatcher // of the last run; nil until it has begun to read
	abandon   context.CancelFunc
	abandoned bool  // the run, or the next one, is to end at once
	failing   error // of the last call of the start
}

// New returns a writer, or an *record.OptionError that names the field in words.
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
	return &Writer{client: client, o: o}, nil
}

// Run writes what next returns until next returns io.EOF. It returns nil when
// all of it is written, or was handed to Options.Rejected.
// With it, the records of a request that the service refuses as it is go alone, and
// those that are refused alone are handed over; many in a row are not the records'
// fault, and end the run as without it.
//
// Without that function the first record that cannot be written ends the run
// with a *RejectedError, and one that the input or a limit of the service
// refuses only after everything before it was written. So does an error of next,
// which is returned as it is; next reports a record that its source cannot make
// sense of with Reject. A call that cannot succeed is a *CallError, a stream that
// was deleted meanwhile a *GoneError, and a service that does not answer at the
// start a *GaveUpError. When ctx is cancelled the
// run stops reading, writes what it has read for at most Options.Grace, and
// returns the cause.
//
// next is called from another goroutine, one call at a time, while requests
// are under way. It should return when its context is done; Run does not wait
// for a call that is still blocked when everything else is over.
//
// A Writer makes one run at a time.
func (w *Writer) Run(ctx context.Context, next func(context.Context) (Record, error)) (Summary, error) {
	began := time.Now()
	starting, started := context.WithCancelCause(ctx)
	defer started(nil)
	w.abandonWith(nil, func() { started(ErrAbandoned) })
	defer w.forget()
	facts, err := w.start(starting)
	if err != nil {
		return Summary{Duration: time.Since(began)}, err
	}
	d := newDispatcher(w.client, w.o, facts)
	reading, stopReading := context.WithCancel(ctx)
	defer stopReading()
	defer context.AfterFunc(ctx, func() { d.closeIntake(context.Cause(ctx)) })()

	writing, abandon := withGrace(ctx, w.o.Grace)
	defer abandon(nil)
	w.abandonWith(d, func() { abandon(ErrAbandoned) })

	go newIntake(next, facts.recordLimit, w.o, d).run(reading)
	err = d.run(writing)
	if errors.Is(err, ErrAbandoned) && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	s := d.standing()
	s.Duration = time.Since(began)
	return s, w.gone(ctx, facts, s, err)
}

// ErrAbandoned is what a run ends with that was abandoned and not cancelled.
var ErrAbandoned = errors.New("the run was given up")

// Abandon ends a run at once: requests in flight are given up, and what became
// of their records is not known. A run that nobody cancelled ends with
// ErrAbandoned; so does the next one when there is none.
func (w *Writer) Abandon() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.abandoned = true
	if w.abandon != nil {
		w.abandon()
	}
}

// abandonWith says how Abandon ends the run from now on. One that was called
// before is not lost.
func (w *Writer) abandonWith(d *dispatcher, abandon context.CancelFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running, w.abandon = d, abandon
	if w.abandoned {
		abandon()
	}
}

func (w *Writer) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.abandon, w.abandoned = nil, false
}

// Began says whether the run has found the stream, and reads its input.
func (w *Writer) Began() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.running != nil
}

// Progress is how far the run is. Records whose request is under way count as
// unsure.
func (w *Writer) Progress() Summary {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running == nil {
		return Summary{}
	}
	return w.running.progress()
}

// Shards is what the run has done on each shard, by ID.
func (w *Writer) Shards() []ShardSummary {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running == nil {
		return nil
	}
	return w.running.shardSummaries()
}

// withGrace returns a context that outlives ctx by grace. The function that it
// returns must be called in the end; with an error it ends the context at once.
func withGrace(ctx context.Context, grace time.Duration) (context.Context, context.CancelCauseFunc) {
	writing, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	expired := make(chan *time.Timer, 1)
	stop := context.AfterFunc(ctx, func() {
		cause := context.Cause(ctx)
		expired <- time.AfterFunc(grace, func() { cancel(cause) })
	})
	return writing, func(err error) {
		cancel(err)
		if err == nil && !stop() {
			(<-expired).Stop()
		}
	}
}
