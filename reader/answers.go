package reader

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/service"
	"kin/internal/validate"
)

// Every answer is checked before anything of it is used, here for all sources.
// One that cannot be right is retried like one that cannot be read.

// Check checks a response of the shard. Its error says why the response cannot
// be right; then nothing of it may be used.
func (a *Assignment) Check(resp *Response) error {
	if c := resp.Continuation; c != "" && !validate.SequenceNumber(c) {
		return &validate.Error{Reason: fmt.Sprintf("continuation sequence number %.60q is not a number", c)}
	}
	if err := validate.Records(resp.Records, resp.MillisBehindLatest); err != nil {
		return err
	}
	return validate.Arrivals(resp.Records, a.s.run.dates.Now())
}

// ServerTime is the Date of an answer as far as it may be used: zero where it
// went astray, which is reported once. An error means that the answer is not to
// be used: it is the first of the run, and its Date cannot be right.
func (a *Assignment) ServerTime(date time.Time) (time.Time, error) { return a.s.run.dates.Accept(date) }

// dropReceived drops the records of a checked response that are not beyond a
// position, reports that, and returns how many there were. Some servers take
// AFTER_SEQUENCE_NUMBER for AT_SEQUENCE_NUMBER, ignore the position, or send an
// answer again. The error is that of CheckDropped.
func (a *Assignment) dropReceived(at checkpoint.Shard, resp *Response) (int, error) {
	n := received(at, resp.Records)
	if n == 0 {
		return 0, nil
	}
	asked := a.IsSuspected() // then kin asked for records before the position
	if err := a.CheckDropped(at, resp.Records[:n]); err != nil {
		return 0, err
	}
	resp.Records = resp.Records[n:]
	if !asked {
		a.reportReceived()
	}
	return n, nil
}

// received is how many of the records, which are in order, a shard's position is
// beyond.
func received(at checkpoint.Shard, records []types.Record) int {
	least := 1 // a record has to follow the position's
	switch at.Kind {
	case record.AfterSequenceNumber:
	case record.AtSequenceNumber:
		least = 0
	case record.TrimHorizon, record.AtTimestamp, record.ShardEnd:
		return 0
	}
	beyond := slices.IndexFunc(records, func(r types.Record) bool {
		return validate.Compare(aws.ToString(r.SequenceNumber), at.SequenceNumber) >= least
	})
	if beyond < 0 {
		return len(records)
	}
	return beyond
}

// reportReceived reports an answer with records that were received before, once
// a minute for each shard.
func (a *Assignment) reportReceived() {
	now := time.Now()
	if !a.repeated.IsZero() && now.Sub(a.repeated) < service.ReportEvery {
		return
	}
	a.repeated = now
	a.Say(fmt.Sprintf("%s/%s: the service sends records again that kin has received; kin drops them", a.s.ref.Name, a.shard))
}

// errRepeats is the error of an answer that has only records that were received
// before, and leads no further.
var errRepeats = errors.New("the answer repeats records that were received before")

// describe makes one attempt at the stream's summary.
func (s *streamRun) describe(ctx context.Context) (*kinesis.DescribeStreamSummaryOutput, error) {
	out, err := service.Attempt(ctx, func(ctx context.Context) (*kinesis.DescribeStreamSummaryOutput, error) {
		return s.run.client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{
			StreamName: s.ref.ByName(), StreamARN: s.ref.ByARN(),
		})
	})
	if err == nil {
		err = validate.Summary(s.ref.Name, out.StreamDescriptionSummary)
	}
	if err != nil {
		return nil, s.callError("DescribeStreamSummary")(err)
	}
	return out, nil
}

// callError returns what puts the name of a call about the stream on an error.
func (s *streamRun) callError(call string) func(error) error {
	return func(err error) error { return &CallError{Call: call, Stream: s.ref.Given, Err: err} }
}

// dateNow is the service's time: what its last Date says or, of a service without a
// usable one, this machine's, cut to the second like a Date.
func (r *run) dateNow() time.Time {
	if now := r.dates.Now(); !now.IsZero() {
		return now.Truncate(time.Second)
	}
	return time.Now().Truncate(time.Second)
}
