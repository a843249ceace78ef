package efo

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/service"
)

// Subscribe makes one SubscribeToShard call. Its context governs the stream.
type Subscribe func(context.Context, *service.SubscribeToShardInput) (service.EventStream, error)

// What the service says of subscriptions (API documentation of
// SubscribeToShard), and how long silence lasts before it is a fault.
const (
	betweenCalls     = time.Second     // of one consumer and shard
	betweenSuccesses = 5 * time.Second // before that, ResourceInUseException
	// mostSilence is how long a stream may say nothing: the service sends an
	// event every five seconds, and AWS's client library waits as long.
	mostSilence = time.Minute
	// mostWait is the longest wait after subscriptions that brought nothing.
	mostWait = 30 * time.Second
	// usualSilence is how long the service may say nothing of an idle shard.
	usualSilence = 12 * time.Second
)

// subscription is what is known of the open subscription, and of when the next one may
// be asked for.
type subscription struct {
	open     service.EventStream // nil without one
	began    time.Time           // by the service; zero when it did not say
	asked    time.Time           // when it was asked for
	hadEvent bool                // it has had an event

	empty  bool          // the last event had no record, and
	behind time.Duration // how far it was behind

	due      time.Time // when the next call may be made
	answered time.Time // when the last call ended that may have been a success
}

// Close gives the subscription up.
func (s *subscription) Close() {
	if s.open != nil {
		s.open.Close()
		s.open = nil
	}
}

var (
	errSilent = fmt.Errorf("no event came for %s", mostSilence)
	errEmpty  = errors.New("the subscription ended without an event")
	errNoMove = errors.New("the subscription ended without progress")
)

// listen calls a method of the open stream that waits, as long as a stream may be
// silent. Time in which nobody listens is none in which it is.
func (s *subscription) listen(ctx context.Context, wait func() error) error {
	defer context.AfterFunc(ctx, s.open.Close)()
	var silent atomic.Bool
	timer := time.AfterFunc(mostSilence, func() {
		silent.Store(true)
		s.open.Close()
	})
	defer timer.Stop()
	err := wait()
	if err != nil && silent.Load() {
		return errSilent
	}
	return err
}

// isOld says whether a run with a bound at until waits for an answer that is younger than the
// subscription: an event does not say when it was made, so that what proves a
// time to be over is an empty event of a subscription that began behind it.
func (s *subscription) isOld(until, now time.Time) bool {
	began := s.began
	if until.IsZero() || began.IsZero() || !s.empty || time.Now().Before(s.due) {
		return false
	}
	until = until.Add(s.behind)
	return began.Before(until) && now.After(until.Add(time.Second)) // a Date is cut to the second
}

// startingPosition is where a subscription begins. The continuation sequence
// number moves on with empty events too; inside an aggregate it is the
// aggregate that is read again.
func startingPosition(at checkpoint.Shard) *types.StartingPosition {
	p := &types.StartingPosition{}
	switch {
	case at.Continuation != "":
		p.Type, p.SequenceNumber = types.ShardIteratorTypeAfterSequenceNumber, aws.String(at.Continuation)
	case at.Kind == record.AfterSequenceNumber:
		p.Type, p.SequenceNumber = types.ShardIteratorTypeAfterSequenceNumber, aws.String(at.SequenceNumber)
	case at.Kind == record.AtSequenceNumber:
		p.Type, p.SequenceNumber = types.ShardIteratorTypeAtSequenceNumber, aws.String(at.SequenceNumber)
	case at.Kind == record.AtTimestamp:
		p.Type, p.Timestamp = types.ShardIteratorTypeAtTimestamp, aws.Time(at.Timestamp.Time)
	default:
		p.Type = types.ShardIteratorTypeTrimHorizon
	}
	return p
}
