package reader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/service"
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

	pace          pace
	due           time.Time // when the next fetch may start
	refusals      int       // in a row
	limitReported time.Time // when the rate limit was last spoken of
}

func newPolling(a *Assignment) *polling {
	p := &polling{Assignment: a, at: a.begin, pace: newPace(a.s.o)}
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

func (p *polling) newIterator(ctx context.Context) (string, error) {
	in := &service.GetShardIteratorInput{StreamName: p.s.ref.ByName(), StreamARN: p.s.ref.ARN, ShardID: p.shard}
	switch at := p.AskFrom(p.at); at.Kind {
	case record.AfterSequenceNumber:
		in.ShardIteratorType = types.ShardIteratorTypeAfterSequenceNumber
		if p.inclusive {
			in.ShardIteratorType = types.ShardIteratorTypeAtSequenceNumber
		}
		in.StartingSequenceNumber = at.SequenceNumber
	case record.AtSequenceNumber:
		in.ShardIteratorType = types.ShardIteratorTypeAtSequenceNumber
		in.StartingSequenceNumber = at.SequenceNumber
	case record.AtTimestamp:
		in.ShardIteratorType = types.ShardIteratorTypeAtTimestamp
		in.Timestamp = at.Timestamp.Time
	case record.TrimHorizon, record.ShardEnd:
		in.ShardIteratorType = types.ShardIteratorTypeTrimHorizon
	}
	out, err := service.Attempt(ctx, func(ctx context.Context) (*service.GetShardIteratorOutput, error) {
		return p.s.client.GetShardIterator(ctx, in)
	})
	if err != nil {
		return "", p.Error("GetShardIterator", err)
	}
	if out.ShardIterator == "" {
		return "", p.Error("GetShardIterator", fmt.Errorf("the answer has no iterator"))
	}
	return out.ShardIterator, nil
}

// Rewind takes a position up again.
func (p *polling) Rewind(at checkpoint.Shard) { p.at, p.iterator, p.inclusive = at, "", false }

// toOldest begins again with the oldest record.
func (p *polling) toOldest() { p.at, p.iterator, p.inclusive = Oldest(), "", false }

// Close has nothing to give up.
func (p *polling) Close() {}

// errNotThere is the error of an answer that does not begin with the record that
// it was to begin with.
var errNotThere = errors.New("the answer does not begin with that record")

var errTrimmed = errors.New("the position is no longer retained")

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
	p.s.log.Debug("fetch failed", "stream", p.s.ref.Name, "shard", p.shard, "error", err, "attempt", p.failures.Attempts())
	switch what {
	case fatal:
		return nil, err
	case notFound:
		return p.missing(ctx, err)
	case refused:
		// A sequence number is refused for good. A time may be one that the host
		// which answers has not reached yet, and an iterator may have gone bad:
		// both get a few more chances.
		if resp, err := p.refused(ctx, err); resp != nil || err != nil {
			return resp, err
		}
	case expired:
		p.iterator = "" // the next fetch asks for a new one, from p.at
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
		p.s.progress.throttled()
		p.s.hints.throttled(time.Now())
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
	p.s.log.Info(message, "stream", p.s.ref.Name, "shard", p.shard, "limit", p.pace.limit)
	if now := time.Now(); p.limitReported.IsZero() || now.Sub(p.limitReported) >= service.ReportEvery {
		p.limitReported = now
		p.Info(fmt.Sprintf("%s/%s: %s", p.s.ref.Name, p.shard, message))
	}
}

// missing decides whether the shard was trimmed or the stream is gone.
func (p *polling) missing(ctx context.Context, err error) (*Response, error) {
	if err := p.CheckStream(ctx); err != nil {
		return nil, err
	}
	trimmed, listErr := p.WasTrimmed(ctx, p.at)
	switch {
	case listErr != nil:
		return nil, listErr
	case trimmed:
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

// Poll returns a source that reads the shard with GetRecords from a position on,
// for one that cannot read it further in its own way. The position's continuation
// is not used: its last record, or the place where reading began, is as good.
func (a *Assignment) Poll(at checkpoint.Shard) Source {
	at.Continuation = ""
	p := newPolling(a)
	p.at = at
	return p
}
