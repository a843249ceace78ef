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

// Subscribe makes one SubscribeToShard call. The end of its context also ends the stream.
type Subscribe func(context.Context, *service.SubscribeToShardInput) (service.EventStream, error)

// Limits of subscriptions (API documentation of SubscribeToShard), and when silence is a fault.
const (
	betweenCalls     = time.Second     // for one consumer and shard
	betweenSuccesses = 5 * time.Second // an earlier call gets ResourceInUseException
	// maxSilence is how long a stream may send nothing. The service sends an event every five
	// seconds. AWS's client library waits a minute too.
	maxSilence = time.Minute
	// maxWait is the longest wait after subscriptions without an event.
	maxWait = 30 * time.Second
	// quietSilence is how long the service may send nothing for an idle shard before the reader
	// reports it.
	quietSilence = 12 * time.Second
)

// subscription is the state of the open subscription, and when the next one may be opened.
type subscription struct {
	open        service.EventStream // nil without a subscription
	started     time.Time           // by the service's clock; zero if unknown
	requestedAt time.Time           // when SubscribeToShard was called
	hadEvent    bool                // an event has arrived

	empty  bool          // the last event had no records
	behind time.Duration // MillisBehindLatest of the last event

	nextCall   time.Time // the earliest time of the next call
	lastAnswer time.Time // when the last call ended that succeeded, or may have
}

// Close closes the subscription.
func (s *subscription) Close() {
	if s.open != nil {
		s.open.Close()
		s.open = nil
	}
}

var (
	errSilent = fmt.Errorf("no event came for %s", maxSilence)
	errEmpty  = errors.New("the subscription ended without an event")
	errNoMove = errors.New("the subscription ended without progress")
)

// waitForEvent calls wait, a blocking method of the open stream. It fails after maxSilence. Only
// time inside wait counts as silence.
func (s *subscription) waitForEvent(ctx context.Context, wait func() error) error {
	defer context.AfterFunc(ctx, s.open.Close)()
	var silent atomic.Bool
	timer := time.AfterFunc(maxSilence, func() {
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

// isTooOld reports whether a subscription is too old to prove that the bound until was reached.
// Events carry no time. Only an empty event on a subscription opened after the bound proves it.
func (s *subscription) isTooOld(until, now time.Time) bool {
	began := s.started
	if until.IsZero() || began.IsZero() || !s.empty || time.Now().Before(s.nextCall) {
		return false
	}
	until = until.Add(s.behind)
	return began.Before(until) && now.After(until.Add(time.Second)) // a Date has whole seconds
}

// startingPosition converts a position for SubscribeToShard. The continuation sequence number also
// moves with empty events. Inside an aggregate, the whole aggregate is read again.
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
