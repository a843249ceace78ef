package reader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/service"
	"kin/internal/validate"
)

// polling is the source that asks: GetShardIterator once, then GetRecords
// again and again, within the shard's limits.
type polling struct {
	*Assignment

	// at is the position behind the last record received, in order. An
	// iterator is rebuilt from it, never from where the run began.
	at       checkpoint.Shard
	iterator string
	// shown is the highest sequence number of the answers to the iterators since
	// the last one that was rebuilt; empty before the first of them has records.
	shown string
	// inclusive says that AFTER a sequence number is asked for as AT it: the
	// service refuses AFTER the last record of a closed shard.
	inclusive bool

	pace     pace
	due      time.Time // when the next fetch may start
	refusals int       // in a row
	said     time.Time // when the rate limit was last spoken of
}

func newPolling(a *Assignment) *polling {
	p := &polling{Assignment: a, at: a.begin, pace: newPace(a.s.run.o)}
	// A shard that was read before is asked with little room: it may be idle, and an answer
	// that turns out to be large is refused before it is received (see limitAnswer).
	p.pace.unknown = !isRecent(a.begin, a.Now()) && a.begin.ReadThrough.IsZero()
	return p
}

// isRecent says whether a shard is read from about now on, or was read up to
// about now: not much has come since.
func isRecent(at checkpoint.Shard, now time.Time) bool {
	const most = 10 * time.Second
	return at.Kind == record.AtTimestamp && now.Sub(at.Timestamp.Time) < most ||
		!at.ReadThrough.IsZero() && now.Sub(at.ReadThrough.Time) < most
}

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

// Rewind takes a position up again.
func (p *polling) Rewind(at checkpoint.Shard) { p.at, p.iterator, p.inclusive = at, "", false }

// Close has nothing to give up.
func (p *polling) Close() {}

// take makes one attempt at the next response, with a place among the fetches
// and room in the buffer.
func (p *polling) take(ctx context.Context, room Room) (*Response, error) {
	if err := p.s.run.takeSlot(ctx); err != nil {
		return nil, err
	}
	defer p.s.run.giveSlot()
	p.pace.learn(p.s.run.record.Load())
	taken := p.pace.room()
	if err := room.Take(ctx, taken); err != nil {
		return nil, err
	}
	p.pace.learn(p.s.run.record.Load()) // it may have waited
	answer := limitAnswer(&p.pace, room, taken)
	resp, err := p.fetch(ctx, answer)
	if refused := (*answerSizeError)(nil); errors.As(err, &refused) {
		p.pace.refused, err = refused.needs, nil
		p.s.run.log.Debug("answer refused for its size", "stream", p.s.ref.Name, "shard", p.shard, "bytes", refused.bytes, "needs", refused.needs)
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
	out, err := service.Attempt(answer.context(ctx), func(ctx context.Context) (*kinesis.GetRecordsOutput, error) {
		return p.s.run.client.GetRecords(ctx, &kinesis.GetRecordsInput{
			ShardIterator: aws.String(p.iterator),
			Limit:         aws.Int32(int32(p.pace.ask())), // 1 to 10,000
			StreamARN:     p.s.ref.ByARN(),
		})
	})
	if err != nil {
		return nil, p.Error("GetRecords", err)
	}
	resp := &Response{
		Records:            out.Records,
		Asked:              started,
		MillisBehindLatest: out.MillisBehindLatest,
		End:                aws.ToString(out.NextShardIterator) == "",
	}
	next := aws.ToString(out.NextShardIterator)
	size, shown := sizeOf(resp.Records), p.shown
	if known, err := p.check(resp, service.ServerTime(out.ResultMetadata)); err != nil {
		p.iterator = "" // the next one is built from the position
		return nil, p.Error("GetRecords", err)
	} else if known {
		p.iterator = next
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
	p.iterator = next
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
	return p.suspect(p.at, fmt.Sprintf("the service sends records from before record %s, and the last one of the shard is %s", p.at.SequenceNumber, p.shown))
}

// errNotThere is the error of an answer that does not begin with the record that
// it was to begin with.
var errNotThere = errors.New("the answer does not begin with that record")

// toOldest begins again with the oldest record.
func (p *polling) toOldest() { p.at, p.iterator, p.inclusive = Oldest(), "", false }

var errTrimmed = errors.New("the position is no longer retained")

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
		p.s.run.record.Store(int64(p.pace.record))
	}
}

func (p *polling) succeeded(resp *Response) {
	p.Succeeded()
	p.refusals = 0
	p.pace.passed(time.Now())
	p.s.run.log.Debug("got records", "stream", p.s.ref.Name, "shard", p.shard, "records", len(resp.Records),
		"bytes", p.pace.size, "behind", aws.ToInt64(resp.MillisBehindLatest), "end", resp.End)
}

// failed decides what to do about a failed fetch: it returns nothing when the
// fetch is to be tried again, at the time it has set.
func (p *polling) failed(ctx context.Context, err error) (*Response, error) {
	if errors.Is(err, errNotThere) {
		return nil, p.lost(err)
	}
	if wrong, is := errors.AsType[*SequenceError](err); is {
		return nil, wrong
	}
	what := classify(err)
	p.s.run.log.Debug("fetch failed", "stream", p.s.ref.Name, "shard", p.shard, "error", err, "attempt", p.failures.Attempts())
	switch what {
	case fatal:
		return nil, err
	case gone:
		return p.missing(ctx, err)
	case refused:
		// A sequence number is refused for good. A time may be one that the host
		// which answers has not reached yet, and an iterator may have gone bad:
		// both get a few more chances.
		if resp, err := p.refused(ctx, err); resp != nil || err != nil {
			return resp, err
		}
	case expired:
		p.iterator = ""
	case throttled:
		p.pace.throttled(time.Now())
		p.limitHit()
	case again:
	}
	wait, err := p.Failed(err)
	if err != nil {
		return nil, err
	}
	if what == throttled {
		p.s.run.progress.throttled()
		p.s.run.hints.throttled(time.Now())
		wait = throttleSleep
	} else {
		p.Retried()
	}
	if due := time.Now().Add(wait); due.After(p.due) {
		p.due = due
	}
	return nil, nil
}

// mostRefusals in a row will not pass.
const mostRefusals = 3

// refused decides what to do when the service does not accept the iterator or
// the position. It returns nothing when another iterator is to be tried.
func (p *polling) refused(ctx context.Context, err error) (*Response, error) {
	p.refusals++
	if err := p.CheckStream(ctx); err != nil {
		return nil, err
	}
	switch {
	case p.iterator == "" && p.IsTrimmed(p.at):
		p.toOldest()
	case p.iterator == "" && p.at.SequenceNumber != "":
		return p.notAccepted(ctx, err)
	case p.refusals > mostRefusals:
		return nil, p.Refused(p.at, err)
	default:
		p.iterator = ""
	}
	return nil, nil
}

// notAccepted decides what to do when a sequence number is refused. AFTER the
// last record of a closed shard is its end, which some servers do not accept. What
// is left is found out by reading on from that record itself; nothing is where the
// number is the shard's last one.
func (p *polling) notAccepted(ctx context.Context, err error) (*Response, error) {
	if p.at.Kind == record.AfterSequenceNumber {
		closed, listErr := p.IsClosed(ctx)
		switch {
		case listErr != nil:
			return nil, listErr
		case closed && !p.inclusive:
			p.inclusive = true
			return nil, nil
		case closed && p.IsLast(p.at.SequenceNumber):
			return &Response{End: true}, nil
		}
	}
	return nil, p.lost(err)
}

// lost goes on behind a position that is refused for good, where that is allowed.
func (p *polling) lost(err error) error {
	at, err := p.NotAccepted(p.at, err)
	if err == nil {
		p.at, p.iterator, p.inclusive = at, "", false
	}
	return err
}

// limitHit says what the connector says, once a minute for each shard; the log
// has every one.
func (p *polling) limitHit() {
	const message = "Hit rate limit. Sleeping for 5 seconds."
	p.s.run.log.Info(message, "stream", p.s.ref.Name, "shard", p.shard, "limit", p.pace.limit)
	if now := time.Now(); p.said.IsZero() || now.Sub(p.said) >= service.ReportEvery {
		p.said = now
		p.Say(fmt.Sprintf("%s/%s: %s", p.s.ref.Name, p.shard, message))
	}
}

// missing decides whether the shard was trimmed or the stream is gone.
func (p *polling) missing(ctx context.Context, err error) (*Response, error) {
	if err := p.CheckStream(ctx); err != nil {
		return nil, err
	}
	gone, listErr := p.IsGone(ctx, p.at)
	switch {
	case listErr != nil:
		return nil, listErr
	case gone:
		return &Response{End: true}, nil
	}
	// It may have been an iterator of a page that was trimmed meanwhile.
	if p.refusals++; p.refusals > mostRefusals {
		return nil, p.Refused(p.at, err)
	}
	wait, err := p.Failed(err)
	if err != nil {
		return nil, err
	}
	p.iterator = ""
	p.due = time.Now().Add(wait)
	return nil, nil
}

func (p *polling) newIterator(ctx context.Context) (string, error) {
	in := &kinesis.GetShardIteratorInput{
		StreamName: p.s.ref.ByName(),
		StreamARN:  p.s.ref.ByARN(),
		ShardId:    aws.String(p.shard),
	}
	switch at := p.AskFrom(p.at); at.Kind {
	case record.AfterSequenceNumber:
		in.ShardIteratorType = types.ShardIteratorTypeAfterSequenceNumber
		if p.inclusive {
			in.ShardIteratorType = types.ShardIteratorTypeAtSequenceNumber
		}
		in.StartingSequenceNumber = aws.String(at.SequenceNumber)
	case record.AtSequenceNumber:
		in.ShardIteratorType = types.ShardIteratorTypeAtSequenceNumber
		in.StartingSequenceNumber = aws.String(at.SequenceNumber)
	case record.AtTimestamp:
		in.ShardIteratorType = types.ShardIteratorTypeAtTimestamp
		in.Timestamp = aws.Time(at.Timestamp.Time)
	case record.TrimHorizon, record.ShardEnd:
		in.ShardIteratorType = types.ShardIteratorTypeTrimHorizon
	}
	out, err := service.Attempt(ctx, func(ctx context.Context) (*kinesis.GetShardIteratorOutput, error) {
		return p.s.run.client.GetShardIterator(ctx, in)
	})
	if err != nil {
		return "", p.Error("GetShardIterator", err)
	}
	if aws.ToString(out.ShardIterator) == "" {
		return "", p.Error("GetShardIterator", fmt.Errorf("the answer has no iterator"))
	}
	return *out.ShardIterator, nil
}
