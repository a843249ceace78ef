package reader

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/kpl"
	"kin/internal/lineage"
)

// hashFilter decides which records of aggregates belong to a shard. Without Options.HashFilter, all
// do.
//
// A KPL producer fills an aggregate for the shard that it believes the records belong to. After a
// split or a merge it may be wrong. It then sends again the records that belong elsewhere, and only
// those (succeed_if_correct_shard in retrier.cc of awslabs/amazon-kinesis-producer). So a record
// that the filter drops is sent again to its own shard, and one that it keeps is not. AWS's client
// library drops the whole aggregate, and may lose the rest. Other producers send nothing again: for
// them the filter loses records.
type hashFilter struct {
	hashes *lineage.HashKeyRange // of the shard; nil: every record belongs to it
	// decided is false while it is not known whether the stream places the response's records by
	// their hash keys.
	decided bool
}

var errUndecided = errors.New("a record is outside of the shard's hash key range, and kin does not know yet whether the stream uses hash keys")

func (f hashFilter) contains(u kpl.Record) bool {
	return f.hashes == nil || f.hashes.Contains(u.HashKey())
}

// distribution is how a stream assigns records to shards: by their hash keys or, with the strategy
// AUTO, without any rule. The shards of such a stream have ranges too, but without a meaning, so a
// filter would drop good records.
//
// The strategy can change at any time. So an answer holds only for the responses that were received
// before the call. Nothing is dropped from a response that may be from after a change.
type distribution struct {
	mu        sync.Mutex    // guards the following
	asking    chan struct{} // closed when the current call has an answer; nil without one
	automatic bool
	refused   bool // the service refused to answer: streams used hash keys before AUTO existed
	begun     int  // number of calls that have begun
	answered  int  // the number of the last call that was answered, from 1
	asked     time.Time
}

// minDescribeInterval is the minimum time between two calls for a stream; an account has 20 a
// second. No call is made while no record is out of range.
const minDescribeInterval = time.Second

func (d *distribution) isAutomatic() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.automatic
}

func (d *distribution) isRefused() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.refused
}

// calls is how many calls have begun. Each response is received between two of them.
func (d *distribution) calls() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.begun
}

// holdsFor reports whether the known strategy holds for a response. received is how many calls had
// begun when it was received. The caller holds the lock.
func (d *distribution) holdsFor(received int) bool {
	return d.automatic || d.refused || d.answered > received
}

// begin counts a call that begins, and returns its number.
func (d *distribution) begin() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.begun++
	d.asked = time.Now()
	return d.begun
}

// setAnswer stores the answer of a call.
func (d *distribution) setAnswer(s *types.StreamDescriptionSummary, call int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answered = call
	d.automatic = d.automatic || s.RecordDistributionStrategy == types.RecordDistributionStrategyAuto
}

// refresh describes the stream, unless another goroutine did so after the response was received.
// limit limits how long the call is retried; 0 is no limit. A service that refuses or fails counts
// as not AUTO. The error is the cause of ctx, a *GaveUpError, or that the stream does not exist.
func (d *distribution) refresh(ctx context.Context, s streamCalls, received int, limit time.Duration) (automatic bool, err error) {
	for {
		d.mu.Lock()
		automatic, known, answer := d.automatic, d.holdsFor(received), d.asking
		if !known && answer == nil {
			break
		}
		d.mu.Unlock()
		if known {
			return automatic, nil
		}
		select {
		case <-answer:
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
	due := d.asked.Add(minDescribeInterval)
	d.asking = make(chan struct{})
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		close(d.asking)
		d.asking = nil
	}()
	if err := sleepUntil(ctx, due); err != nil {
		return false, err
	}
	call := d.begin()
	out, err := withRetries(ctx, s.session, limit, s.callError("DescribeStreamSummary"), s.describe)
	var gaveUp *GaveUpError
	switch {
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	case errors.As(err, &gaveUp):
		return false, err
	case err != nil && classify(err) == notFound:
		return false, err
	case err != nil || out.StreamDescriptionSummary == nil:
		s.log.Debug("describe stream", "stream", s.ref.Name, "error", err)
		s.o.Info(fmt.Sprintf("DescribeStreamSummary of %s %s: kin assumes for --hash-filter that the stream places records by their hash keys (RecordDistributionStrategy is not AUTO)", s.ref.Name, Unanswered(err)))
		d.mu.Lock()
		d.refused = true
		d.mu.Unlock()
		return false, nil
	}
	d.setAnswer(out.StreamDescriptionSummary, call)
	return d.isAutomatic(), nil
}
