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

// polling is the source that calls GetShardIterator, and then GetRecords until the iterator expires
// or is refused. Then it gets a new iterator from at. It keeps to the shard's limits.
type polling struct {
	*Assignment

	// at is the position after the last record received. A new iterator begins there, never where
	// the run began.
	at       checkpoint.Shard
	iterator string
	// newest is the highest sequence number received since the last GetShardIterator; empty before
	// the first record.
	newest string
	// inclusive means that a position AFTER a sequence number is requested as AT it. Some servers
	// refuse AFTER for the last record of a closed shard.
	inclusive bool

	pace          pace
	due           time.Time // when the next fetch may start
	refusals      int       // in a row
	limitReported time.Time // when the rate limit was last reported
}

func newPolling(a *Assignment) *polling {
	p := &polling{Assignment: a, at: a.begin, pace: newPace(a.s.o)}
	// A shard that was read before is fetched with a small reservation, because it may be idle. A
	// large answer is refused before it is received (see limitAnswer).
	p.pace.unknown = !isRecent(a.begin, a.Now()) && a.begin.ReadThrough.IsZero()
	return p
}

// isRecent reports whether the position is from the last seconds, so that few records can have
// arrived since.
func isRecent(at checkpoint.Shard, now time.Time) bool {
	const recent = 10 * time.Second
	return at.Kind == record.AtTimestamp && now.Sub(at.Timestamp.Time) < recent ||
		!at.ReadThrough.IsZero() && now.Sub(at.ReadThrough.Time) < recent
}

func (p *polling) newIterator(ctx context.Context) (string, error) {
	in := &service.GetShardIteratorInput{StreamName: p.s.ref.ByName(), StreamARN: p.s.ref.ARN, ShardID: p.shard}
	switch at := p.RequestPosition(p.at); at.Kind {
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

// Rewind continues from at, with a new iterator.
func (p *polling) Rewind(at checkpoint.Shard) { p.at, p.iterator, p.inclusive = at, "", false }

// toOldest restarts at the oldest retained record.
func (p *polling) toOldest() { p.at, p.iterator, p.inclusive = Oldest(), "", false }

// Close does nothing: a polling source holds nothing open.
func (p *polling) Close() {}

// errOtherRecord means that an answer does not begin with the record it was requested from.
var errOtherRecord = errors.New("the answer does not begin with the requested record")

var errTrimmed = errors.New("the position is no longer retained")

// failed decides what to do about a failed fetch. It returns nil, nil to fetch again at p.due.
func (p *polling) failed(ctx context.Context, err error) (*Response, error) {
	if errors.Is(err, errOtherRecord) {
		return nil, p.resumeAfterLoss(err)
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
		return p.shardMissing(ctx, err)
	case refused:
		// A refused sequence number stays refused. A timestamp may still be in the future of the
		// host that answers, and an iterator may have become invalid. Both are retried a few times.
		if resp, err := p.refused(ctx, err); resp != nil || err != nil {
			return resp, err
		}
	case expired:
		p.iterator = "" // fetch (polling.go) gets a new one from p.at, after the wait below
	case throttled:
		p.pace.throttled(time.Now())
		p.reportLimit()
	case retryable:
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

// maxRefusals is how many refusals in a row are retried.
const maxRefusals = 3

// refused decides what to do when the service does not accept the iterator or the position. It
// returns nil, nil to try another iterator.
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
	case p.refusals > maxRefusals:
		return nil, p.Refused(p.at, err)
	default:
		p.iterator = ""
	}
	return nil, nil
}

// notAccepted decides what to do when a sequence number is refused. AFTER the last record of a
// closed shard is the shard's end, which some servers do not accept. So kin reads from that record
// itself. If the number is the shard's last, nothing follows.
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
	return nil, p.resumeAfterLoss(err)
}

// resumeAfterLoss resumes after a position that stays refused, if data loss is allowed.
func (p *polling) resumeAfterLoss(err error) error {
	at, err := p.NotAccepted(p.at, err)
	if err == nil {
		p.at, p.iterator, p.inclusive = at, "", false
	}
	return err
}

// reportLimit reports a rate limit with the connector's message, once a minute for each shard. The
// log has every one.
func (p *polling) reportLimit() {
	const message = "Hit rate limit. Sleeping for 5 seconds."
	p.s.log.Info(message, "stream", p.s.ref.Name, "shard", p.shard, "limit", p.pace.limit)
	if now := time.Now(); p.limitReported.IsZero() || now.Sub(p.limitReported) >= service.ReportEvery {
		p.limitReported = now
		p.Info(fmt.Sprintf("%s/%s: %s", p.s.ref.Name, p.shard, message))
	}
}

// shardMissing decides whether the shard was trimmed or the stream was deleted.
func (p *polling) shardMissing(ctx context.Context, err error) (*Response, error) {
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
	// The iterator may be of a page that was trimmed since.
	if p.refusals++; p.refusals > maxRefusals {
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

// Poll returns a source that reads the shard with GetRecords from at on. It is for a source that
// cannot continue in its own way. It ignores the continuation of at: the last record, or the
// initial position, is as good.
func (a *Assignment) Poll(at checkpoint.Shard) Source {
	at.Continuation = ""
	p := newPolling(a)
	p.at = at
	return p
}
