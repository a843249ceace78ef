package reader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/bodysize"
	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/service"
	"kin/internal/validate"
)

// Next returns the shard's next response.
func (p *polling) Next(ctx context.Context, budget Budget) (*Response, error) {
	for {
		if err := sleepUntil(ctx, p.due); err != nil {
			return nil, err
		}
		resp, err := p.attempt(ctx, budget)
		switch {
		case err == nil && resp != nil:
			p.noteSuccess(resp)
			return resp, nil
		case err == nil:
			continue
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		resp, err = p.failed(ctx, err)
		if resp != nil || err != nil {
			return resp, err
		}
	}
}

// attempt makes one attempt at the next response. During the fetch it holds a fetch slot and a
// reservation in the buffer. It returns nil, nil if Next has to try again.
func (p *polling) attempt(ctx context.Context, budget Budget) (*Response, error) {
	if err := p.s.acquireSlot(ctx); err != nil {
		return nil, err
	}
	defer p.s.releaseSlot()
	p.pace.useRecordSize(p.s.record.Load())
	reserved := p.pace.reservation()
	if err := budget.Reserve(ctx, reserved); err != nil {
		return nil, err
	}
	p.pace.useRecordSize(p.s.record.Load()) // Reserve may have waited
	answer := limitAnswer(&p.pace, budget, reserved)
	resp, err := p.fetch(ctx, answer)
	if tooLarge := (*answerSizeError)(nil); errors.As(err, &tooLarge) {
		p.pace.refusedBytes, err = tooLarge.needs, nil
		p.s.log.Debug("answer refused for its size", "stream", p.s.ref.Name, "shard", p.shard, "bytes", tooLarge.bytes, "needs", tooLarge.needs)
	}
	if resp == nil || err != nil {
		budget.Release(answer.reserved)
		return nil, err
	}
	resp.Reserved = answer.reserved
	return resp, nil
}

// fetch makes one GetRecords call, and a GetShardIterator call first if there is no iterator. It
// returns nil, nil if the page has only records that were received before and another page follows.
func (p *polling) fetch(ctx context.Context, answer *answerLimit) (*Response, error) {
	started := time.Now()
	p.due = started.Add(p.pace.period)

	if p.iterator == "" {
		iterator, err := p.newIterator(ctx)
		if err != nil {
			return nil, err
		}
		p.iterator, p.newest = iterator, ""
		p.Accepted()
	}
	out, err := service.Attempt(answer.context(ctx), func(ctx context.Context) (*service.GetRecordsOutput, error) {
		return p.s.client.GetRecords(ctx, &service.GetRecordsInput{
			ShardIterator: p.iterator,
			Limit:         p.pace.nextLimit(), // 1 to 10,000
			StreamARN:     p.s.ref.ARN,
		})
	})
	if err != nil {
		return nil, p.Error("GetRecords", err)
	}
	resp := &Response{
		Records:            out.Records,
		RequestedAt:        started,
		MillisBehindLatest: out.MillisBehindLatest,
		End:                out.NextShardIterator == "",
	}
	size, newest := sizeOf(resp.Records), p.newest
	if known, err := p.checkAnswer(resp, out.ServerTime); err != nil {
		p.iterator = "" // the next iterator is built from the position
		return nil, p.Error("GetRecords", err)
	} else if known {
		p.iterator = out.NextShardIterator
		p.setDue(len(out.Records), size, started)
		return nil, nil
	}
	if resp.End {
		resp.Children = out.ChildShards
		resp.Children, err = p.EndedInto(ctx, p.at, resp)
		if end, isFalse := errors.AsType[*EndError](err); isFalse {
			p.newest = newest
			if end.NeedsNewIterator {
				p.iterator = ""
			}
			return nil, p.Error("GetRecords", err)
		} else if err != nil {
			return nil, err
		}
	}
	if p.IsStuck(p.at, resp) {
		p.toOldest()
		return nil, p.Error("GetRecords", errTrimmed)
	}
	p.iterator = out.NextShardIterator
	p.advance(resp)
	p.setDue(len(out.Records), size, started)
	return resp, nil
}

// checkAnswer validates a response and drops the records that were received before. known means
// that no record remains and another page follows.
func (p *polling) checkAnswer(resp *Response, date time.Time) (known bool, err error) {
	if err := p.Check(resp); err != nil {
		return false, err
	}
	if resp.ServerTime, err = p.Assignment.ServerTime(date); err != nil {
		return false, err
	}
	if len(resp.Records) == 0 {
		return false, p.checkEmpty(resp)
	}
	last := aws.ToString(resp.Records[len(resp.Records)-1].SequenceNumber)
	if p.inclusive && p.newest == "" && aws.ToString(resp.Records[0].SequenceNumber) != p.at.SequenceNumber {
		return false, errOtherRecord
	}
	var dropped int
	if p.inclusive && p.newest == "" { // the first record is the one that kin asked for
		resp.Records, dropped = resp.Records[1:], 1
	}
	n, err := p.dropReceived(p.at, resp)
	if err != nil {
		p.inclusive = false
		return false, err
	}
	dropped += n
	known = dropped > 0 && len(resp.Records) == 0 && !resp.End
	if known && p.newest != "" && validate.Compare(last, p.newest) <= 0 {
		return false, errRepeats // the next page would be this one again
	}
	p.newest = last
	return known, nil
}

// checkEmpty checks an answer without records, at the end of the shard so far. If the service had
// sent records from before the position, the last of them has to be the position's own record.
func (p *polling) checkEmpty(resp *Response) error {
	if p.at.Kind != record.AfterSequenceNumber || p.newest == "" || !resp.atTip() || validate.Compare(p.newest, p.at.SequenceNumber) >= 0 {
		return nil
	}
	return p.contradict(p.at, fmt.Sprintf("the service sent only records from before record %s, and the last of them is %s", p.at.SequenceNumber, p.newest))
}

// sizeOf is the number of bytes of the records' payloads and partition keys.
func sizeOf(records []types.Record) int64 {
	size := int64(0)
	for _, r := range records {
		size += int64(len(r.Data) + len(aws.ToString(r.PartitionKey)))
	}
	return size
}

// advance moves the position past a response.
func (p *polling) advance(resp *Response) {
	p.Received(p.at, resp.Records)
	if n := len(resp.Records); n > 0 {
		p.inclusive = false
		p.at = checkpoint.Shard{
			Position: record.Position{Kind: record.AfterSequenceNumber,
				SequenceNumber: aws.ToString(resp.Records[n-1].SequenceNumber)},
			LastArrival: record.Time{Time: aws.ToTime(resp.Records[n-1].ApproximateArrivalTimestamp)},
		}
	}
}

// setDue sets the time of the next fetch, so that the shard's rate limits are kept after this
// response.
func (p *polling) setDue(records int, size int64, started time.Time) {
	if due := p.pace.received(records, size, started); due.After(p.due) {
		p.due = due
	}
	if records > 0 {
		p.s.record.Store(int64(p.pace.record))
	}
}

// noteSuccess ends a series of failures.
func (p *polling) noteSuccess(resp *Response) {
	p.Succeeded()
	p.refusals = 0
	p.pace.succeeded(time.Now())
	p.s.log.Debug("got records", "stream", p.s.ref.Name, "shard", p.shard, "records", len(resp.Records),
		"bytes", p.pace.size, "behind", aws.ToInt64(resp.MillisBehindLatest), "end", resp.End)
}

// answerLimit is the part of the buffer that one fetch has reserved. While the record size is
// unknown, the reservation grows with the answer. If the buffer has no space for the answer, kin
// refuses it before receiving it, and fetches it again with a large enough reservation. So idle
// shards are fetched in parallel, and a busy shard stays within Options.FetchBufferSize.
type answerLimit struct {
	budget   grower // nil if the size is known, or cannot be limited
	reserved int64
}

// grower is a Budget that can enlarge a reservation while the answer arrives.
type grower interface{ tryReserve(size int64) bool }

// limitAnswer returns the limit of a fetch for which taken bytes are reserved.
func limitAnswer(p *pace, budget Budget, reserved int64) *answerLimit {
	l := &answerLimit{reserved: reserved}
	if p.record == 0 && p.refusedBytes == 0 {
		l.budget, _ = budget.(grower)
	}
	return l
}

// context is the context for the GetRecords call of the fetch.
func (l *answerLimit) context(ctx context.Context) context.Context {
	if l.budget == nil {
		return ctx
	}
	return bodysize.WithCheck(ctx, l.check)
}

// check reserves space for an answer of so many bytes. The error is an *answerSizeError.
func (l *answerLimit) check(bytes int64) error {
	needs := inFlight * bytes
	if more := needs - l.reserved; more > 0 {
		if !l.budget.tryReserve(more) {
			return &answerSizeError{bytes, needs}
		}
		l.reserved = needs
	}
	return nil
}

// answerSizeError means that an answer was refused because the buffer has no room for it now.
type answerSizeError struct{ bytes, needs int64 }

func (e *answerSizeError) Error() string {
	return fmt.Sprintf("the answer has %d bytes, and the buffer has no room for it now", e.bytes)
}
