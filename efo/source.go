package efo

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/service"
	"kin/reader"
)

// source reads one shard through subscriptions. It subscribes again after a subscription ends.
type source struct {
	cursor
	subscription
	consumer  *streamConsumer
	subscribe Subscribe
	arn       string // of the consumer in the last SubscribeToShard

	// poller reads the rest of the shard with GetRecords; nil while the source uses subscriptions.
	// pollerAnswered means that poller has returned a response. Its position then counts instead of
	// at.
	poller         reader.Source
	pollerAnswered bool

	progress progress
	backoff  service.Backoff
	refusals int // in a row
}

// Next returns the next event of the shard as a response.
func (s *source) Next(ctx context.Context, budget reader.Budget) (*reader.Response, error) {
	for {
		if s.poller != nil {
			if resp, err := s.nextPolled(ctx, budget); resp != nil || err != nil {
				return resp, err
			}
			continue
		}
		resp, err := s.attempt(ctx, budget)
		if err == nil && resp != nil {
			return resp, nil
		}
		if err == nil {
			continue
		}
		inStream := s.open != nil
		s.Close()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if resp, err = s.handleFailure(ctx, err, inStream); resp != nil || err != nil {
			return resp, err
		}
	}
}

// Rewind continues from another position: with a new subscription, or with the poller if there is
// one.
func (s *source) Rewind(at checkpoint.Shard) {
	if s.poller != nil {
		at.Continuation = ""
		s.poller.Rewind(at)
		return
	}
	s.Close()
	s.at = at
}

// attempt waits for one event, and subscribes first if necessary. It returns nil, nil if Next has
// to try again: the subscription ended as expected, the message was no new event, or the source now
// uses GetRecords.
func (s *source) attempt(ctx context.Context, budget reader.Budget) (*reader.Response, error) {
	if err := s.checkIdle(ctx); err != nil || s.poller != nil {
		return nil, asFinal(err)
	}
	if s.open != nil && s.isTooOld(s.Until(), s.Now()) {
		s.Close()
	}
	if s.open == nil {
		if err := s.begin(ctx); err != nil {
			return nil, err
		}
	}
	// Receive the event only when there is space for it. Until then the service waits, or ends the
	// subscription.
	var size int64
	err := s.waitForEvent(ctx, func() (err error) { size, err = s.open.Await(); return err })
	if err != nil {
		return nil, s.endSubscription(err)
	}
	reserved := encodedSize(size)
	if err := budget.Reserve(ctx, reserved); err != nil {
		return nil, err
	}
	resp, err := s.receive(ctx)
	if resp == nil {
		budget.Release(reserved)
		return nil, err
	}
	resp.Reserved = reserved
	return resp, nil
}

// receive reads the next message. It returns nil, nil if the message is not an event or has nothing
// after the position, if the subscription ended as expected, or if the source now uses GetRecords.
func (s *source) receive(ctx context.Context) (*reader.Response, error) {
	var event *types.SubscribeToShardEvent
	err := s.waitForEvent(ctx, func() (err error) { event, err = s.open.Next(); return err })
	if err != nil {
		return nil, s.endSubscription(err)
	}
	if event == nil {
		return nil, nil
	}
	if err := s.check(event); err != nil {
		return nil, err
	}
	s.hadEvent = true
	if used, err := s.dropBeforePosition(event); err != nil {
		if wrong, is := errors.AsType[*reader.SequenceError](err); is {
			return nil, &finalError{wrong}
		}
		return nil, s.Error("SubscribeToShard", err)
	} else if !used {
		return nil, nil
	}
	resp, err := s.response(ctx, event)
	if err != nil || resp == nil {
		return nil, err
	}
	s.advance(resp)
	return resp, nil
}

// begin opens a subscription at the current position.
func (s *source) begin(ctx context.Context) error {
	if wait := time.Until(s.nextCall); wait > 0 {
		if err := service.Sleep(ctx, wait); err != nil {
			return err
		}
	}
	arn, err := s.consumer.ready(ctx)
	if err != nil {
		return &finalError{err}
	}
	s.arn = arn
	requestedAt := time.Now()
	stream, err := s.subscribe(ctx, &service.SubscribeToShardInput{
		ConsumerARN:      arn,
		ShardID:          s.ShardID(),
		StartingPosition: startingPosition(s.RequestPosition(s.at)),
	})
	now := time.Now()
	s.nextCall = now.Add(betweenCalls)
	if missing := s.consumer.f.noteAnswer(err); missing != nil {
		return &finalError{missing}
	}
	if err != nil {
		if classify(err) == retry {
			s.lastAnswer = now // it may have been a success whose answer was lost
		}
		return s.Error("SubscribeToShard", err)
	}
	began, err := s.ServerTime(stream.ServerTime())
	if err != nil {
		stream.Close()
		s.lastAnswer, s.nextCall = now, now.Add(betweenSuccesses)
		return s.Error("SubscribeToShard", err)
	}
	s.started, s.requestedAt = began, requestedAt
	s.Accepted()
	s.Log().Debug("subscribed", "stream", s.Stream(), "shard", s.ShardID(), "consumer", arn)
	s.open, s.lastAnswer, s.nextCall = stream, now, now.Add(betweenSuccesses)
	s.hadEvent, s.empty = false, false
	s.replays, s.catchingUp = false, false
	s.progress.begin()
	return nil
}

// endSubscription returns the error of a subscription. After io.EOF it closes the subscription: the
// service ends each one after five minutes. That is an error only if the subscription made no
// progress. After any other error the caller closes it.
func (s *source) endSubscription(err error) error {
	if !errors.Is(err, io.EOF) {
		return s.Error("SubscribeToShard", err)
	}
	s.Close()
	switch {
	case !s.hadEvent:
		return s.Error("SubscribeToShard", errEmpty)
	case !s.progress.moved:
		return s.Error("SubscribeToShard", errNoMove)
	}
	return nil
}

// response converts an event for the reader. It is nil if the rest of the shard is read with
// GetRecords.
func (s *source) response(ctx context.Context, event *types.SubscribeToShardEvent) (*reader.Response, error) {
	resp := &reader.Response{
		Records:            event.Records,
		ServerTime:         s.started,
		RequestedAt:        s.requestedAt,
		MillisBehindLatest: event.MillisBehindLatest,
		Continuation:       s.continuation(event),
	}
	if aws.ToString(event.ContinuationSequenceNumber) == "" {
		resp.End, resp.Children = true, event.ChildShards
		children, err := s.EndedInto(ctx, s.at, resp)
		if wrong, isFalse := errors.AsType[*reader.EndError](err); isFalse {
			if wrong.NeedsNewIterator && !s.progress.denied { // the shard is closed: GetRecords returns its end
				s.switchToPolling(wrong.Reason + ", twice in a row")
				return nil, nil
			}
			return nil, s.Error("SubscribeToShard", err) // drop the whole event
		} else if err != nil {
			return nil, &finalError{err}
		}
		resp.Children = children
	}
	if s.IsStuck(s.at, resp) {
		s.at = reader.Oldest()
		return nil, s.Error("SubscribeToShard", errTrimmed)
	}
	return resp, nil
}

var errTrimmed = errors.New("the position is no longer retained")

// advance moves the position past the event.
func (s *source) advance(resp *reader.Response) {
	s.progress.event(s.movesPosition(resp), s.isProgress(resp), isIdle(resp), time.Since(s.lastAnswer))
	s.Received(s.at, resp.Records)
	if n := len(resp.Records); n > 0 {
		s.progress.denied = false
		s.at = checkpoint.Shard{
			Position: record.Position{Kind: record.AfterSequenceNumber,
				SequenceNumber: aws.ToString(resp.Records[n-1].SequenceNumber)},
			LastArrival: record.Time{Time: aws.ToTime(resp.Records[n-1].ApproximateArrivalTimestamp)},
		}
	}
	s.at.Continuation = resp.Continuation
	s.empty = len(resp.Records) == 0
	s.behind = time.Duration(aws.ToInt64(resp.MillisBehindLatest)) * time.Millisecond
	if s.progress.moved {
		s.backoff.Reset()
		s.refusals = 0
		s.Succeeded()
	}
	s.Log().Debug("got event", "stream", s.Stream(), "shard", s.ShardID(), "records", len(resp.Records),
		"behind", aws.ToInt64(resp.MillisBehindLatest), "end", resp.End)
}

// encodedSize estimates the memory of an event while it is encoded: the event and its output, in
// bytes.
func encodedSize(size int64) int64 { return 2*size + 1<<10 }
