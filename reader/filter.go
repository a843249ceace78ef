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

// hashFilter says which records of aggregates belong to a shard. Without
// Options.HashFilter all do.
//
// A KPL producer fills an aggregate for the shard that it believes a record
// belongs to. After a split or a merge it may have been wrong. It then sends
// again the records that belong elsewhere, and only those
// (succeed_if_correct_shard in retrier.cc of awslabs/amazon-kinesis-producer).
// So a record that the filter drops comes again in its own shard, and one that it
// keeps does not. AWS's client library drops the whole aggregate, and may lose
// the rest. Other producers send nothing again: for them the filter loses records.
type hashFilter struct {
	hashes *lineage.HashKeyRange // of the shard; nil: every record belongs to it
	// decided is false while it is not known whether the stream places the records
	// of the response by their hash keys.
	decided bool
}

var errUndecided = errors.New("a record is outside of the shard's hash key range, and kin does not know yet whether the stream uses hash keys")

func (f hashFilter) contains(u kpl.Record) bool {
	return f.hashes == nil || f.hashes.Contains(u.HashKey())
}

// distribution is how a stream spreads its records over its shards: by their
// hash keys, or, with the strategy AUTO, as it likes. Such a stream has ranges
// too, and they mean nothing: a filter would drop good records.
//
// The strategy can be changed at any time. So an answer holds for the responses
// that were received before the question, and for no other: nothing is dropped
// of a response that may be younger than the change.
type distribution struct {
	mu        sync.Mutex
	asking    chan struct{} // closed when the call that is under way has an answer; nil without one
	automatic bool
	refused   bool // to answer; streams went by hash keys before there was a choice
	begun     int  // calls
	answered  int  // the number of the last call that was answered, from 1
	asked     time.Time
}

// betweenQuestions is the least time between two calls for a stream, of which an
// account has 20 a second. While no record is out of range, nobody asks.
const betweenQuestions = time.Second

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

// calls is how many calls have begun: a response is received between two of them.
func (d *distribution) calls() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.begun
}

// holdsFor says whether what is known holds for a response that was received when
// so many calls had begun. It wants the lock held.
func (d *distribution) holdsFor(received int) bool {
	return d.automatic || d.refused || d.answered > received
}

// begin notes that a call begins, and returns its number.
func (d *distribution) begin() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.begun++
	d.asked = time.Now()
	return d.begun
}

// learn takes in what a call says of a stream.
func (d *distribution) learn(s *types.StreamDescriptionSummary, call int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answered = call
	d.automatic = d.automatic || s.RecordDistributionStrategy == types.RecordDistributionStrategyAuto
}

// ask asks the service, unless another shard has done so since a response was
// received. most bounds how long the call is retried; 0 is for ever. The
// permission is optional. Its error is that the run has ended, that the call gave
// up, or that the stream is gone.
func (d *distribution) ask(ctx context.Context, s streamCalls, received int, most time.Duration) (automatic bool, err error) {
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
	due := d.asked.Add(betweenQuestions)
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
	out, err := patiently(ctx, s.session, most, s.callError("DescribeStreamSummary"), s.describe)
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
	d.learn(out.StreamDescriptionSummary, call)
	return d.isAutomatic(), nil
}
