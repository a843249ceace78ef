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
func (p *polling) Next(ctx context.Context, room Room) (*Response, error) {
	for {
		if err := sleepUntil(ctx, p.due); err != nil {
			return nil, err
		}
		resp, err := p.take(ctx, room)
		switch {
		case err == nil && resp != nil:
			p.succeeded(resp)
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

// take makes one attempt at the next response, with a place among the fetches
// and room in the buffer.
func (p *polling) take(ctx context.Context, room Room) (*Response, error) {
	if err := p.s.takeSlot(ctx); err != nil {
		return nil, err
	}
	defer p.s.giveSlot()
	p.pace.learn(p.s.record.Load())
	taken := p.pace.reservation()
	if err := room.Take(ctx, taken); err != nil {
		return nil, err
	}
	p.pace.learn(p.s.record.Load()) // it may have waited
	answer := limitAnswer(&p.pace, room, taken)
	resp, err := p.fetch(ctx, answer)
	if refused := (*answerSizeError)(nil); errors.As(err, &refused) {
		p.pace.refused, err = refused.needs, nil
		p.s.log.Debug("answer refused for its size", "stream", p.s.ref.Name, "shard", p.shard, "bytes", refused.bytes, "needs", refused.needs)
	}
	if resp == nil || err != nil {
		room.Return(answer.taken)
		return nil, err
	}
	resp.Taken = answer.taken
	return resp, nil
}

// fetch makes one attempt at the next response. It returns nothing for a page
// that has only records that were received before, and leads further.
func (p *polling) fetch(ctx context.Context, answer *answerLimit) (*Response, error) {
	started := time.Now()
	p.due = started.Add(p.pace.period)

	if p.iterator == "" {
		iterator, err := p.newIterator(ctx)
		if err != nil {
			return nil, err
		}
		p.iterator, p.shown = iterator, ""
		p.Accepted()
	}
	out, err := service.Attempt(answer.context(ctx), func(ctx context.Context) (*service.GetRecordsOutput, error) {
		return p.s.client.GetRecords(ctx, &service.GetRecordsInput{
			ShardIterator: p.iterator,
			Limit:         p.pace.ask(), // 1 to 10,000
			StreamARN:     p.s.ref.ARN,
		})
	})
	if err != nil {
		return nil, p.Error("GetRecords", err)
	}
	resp := &Response{
		Records:            out.Records,
		Asked:              started,
		MillisBehindLatest: out.MillisBehindLatest,
		End:                out.NextShardIterator == "",
	}
	size, shown := sizeOf(resp.Records), p.shown
	if known, err := p.check(resp, out.ServerTime); err != nil {
		p.iterator = "" // the next one is built from the position
		return nil, p.Error("GetRecords", err)
	} else if known {
		p.iterator = out.NextShardIterator
		p.paced(len(out.Records), size, started)
		return nil, nil
	}
	if resp.End {
		resp.Children = out.ChildShards
		resp.Children, err = p.EndedInto(ctx, p.at, resp)
		if end, isFalse := errors.AsType[*EndError](err); isFalse {
			p.shown = shown
			if end.Anew {
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
	p.received(resp)
	p.paced(len(out.Records), size, started)
	return resp, nil
}

// check checks a response and drops what was received before. known says that
// nothing is left of a page from which the next one leads on.
func (p *polling) check(resp *Response, date time.Time) (known bool, err error) {
	if err := p.Check(resp); err != nil {
		return false, err
	}
	if resp.ServerTime, err = p.Assignment.ServerTime(date); err != nil {
		return false, err
	}
	if len(resp.Records) == 0 {
		return false, p.checkTip(resp)
	}
	last := aws.ToString(resp.Records[len(resp.Records)-1].SequenceNumber)
	if p.inclusive && p.shown == "" && aws.ToString(resp.Records[0].SequenceNumber) != p.at.SequenceNumber {
		return false, errNotThere
	}
	var dropped int
	if p.inclusive && p.shown == "" { // the first record is the one that kin asked for
		resp.Records, dropped = resp.Records[1:], 1
	}
	n, err := p.dropReceived(p.at, resp)
	if err != nil {
		p.inclusive = false
		return false, err
	}
	dropped += n
	known = dropped > 0 && len(resp.Records) == 0 && !resp.End
	if known && p.shown != "" && validate.Compare(last, p.shown) <= 0 {
		return false, errRepeats // and its next page would be this one again
	}
	p.shown = last
	return known, nil
}

// checkTip checks an answer without records: one at the tip that ends a row of
// records from before the position has to follow the position's own.
func (p *polling) checkTip(resp *Response) error {
	if p.at.Kind != record.AfterSequenceNumber || p.shown == "" || !resp.atTip() || validate.Compare(p.shown, p.at.SequenceNumber) >= 0 {
		return nil
	}
	return p.contradict(p.at, fmt.Sprintf("the service sent records from before record %s, and its last record of the shard is %s", p.at.SequenceNumber, p.shown))
}

// sizeOf is how many bytes of payloads and partition keys the records have.
func sizeOf(records []types.Record) int64 {
	size := int64(0)
	for _, r := range records {
		size += int64(len(r.Data) + len(aws.ToString(r.PartitionKey)))
	}
	return size
}

// received moves the position behind a response.
func (p *polling) received(resp *Response) {
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

// paced sets when the next fetch may start: not sooner than the shard's rate
// allows for what came.
func (p *polling) paced(records int, size int64, started time.Time) {
	if due := p.pace.received(records, size, started); due.After(p.due) {
		p.due = due
	}
	if records > 0 {
		p.s.record.Store(int64(p.pace.record))
	}
}

func (p *polling) succeeded(resp *Response) {
	p.Succeeded()
	p.refusals = 0
	p.pace.passed(time.Now())
	p.s.log.Debug("got records", "stream", p.s.ref.Name, "shard", p.shard, "records", len(resp.Records),
		"bytes", p.pace.size, "behind", aws.ToInt64(resp.MillisBehindLatest), "end", resp.End)
}

// answerLimit is what one fetch has of the buffer. While nothing is known of the records,
// it takes more when the answer turns out to need it. If that does not fit, the answer is
// refused before it is in memory, and asked for again with the room it needs. So shards
// that are idle are fetched side by side, and one that is not keeps the bound.
type answerLimit struct {
	room  grower // nil where the size is known, or cannot be limited
	taken int64
}

// grower is a Room that can give more to an answer that is on its way.
type grower interface{ tryTake(size int64) bool }

// limitAnswer returns the limit of a fetch that took room.
func limitAnswer(p *pace, room Room, taken int64) *answerLimit {
	l := &answerLimit{taken: taken}
	if p.record == 0 && p.refused == 0 {
		l.room, _ = room.(grower)
	}
	return l
}

// context is that of the GetRecords of the fetch.
func (l *answerLimit) context(ctx context.Context) context.Context {
	if l.room == nil {
		return ctx
	}
	return bodysize.WithCheck(ctx, l.check)
}

// check takes the room of an answer. The error is an *answerSizeError.
func (l *answerLimit) check(bytes int64) error {
	needs := inFlight * bytes
	if more := needs - l.taken; more > 0 {
		if !l.room.tryTake(more) {
			return &answerSizeError{bytes, needs}
		}
		l.taken = needs
	}
	return nil
}

// answerSizeError means that an answer was refused: the buffer has no room for it now.
type answerSizeError struct{ bytes, needs int64 }

func (e *answerSizeError) Error() string {
	return fmt.Sprintf("the answer has %d bytes, and the buffer has no room for it now", e.bytes)
}
