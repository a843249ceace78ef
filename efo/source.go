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

// source is the source that is pushed: it subscribes to its shard, and again
// where the last subscription ended.
type source struct {
	cursor
	subscription
	holding   *holding
	subscribe Subscribe
	arn       string // of the consumer that was last subscribed with

	// rest reads the shard with GetRecords, once subscriptions cannot; else nil.
	// restRead says that it has had an answer: then its position is beyond at.
	rest     reader.Source
	restRead bool

	progress progress
	back     service.Backoff
	refusals int // in a row
}

// Next returns the shard's next event as a response.
func (s *source) Next(ctx context.Context, room reader.Room) (*reader.Response, error) {
	for {
		if s.rest != nil {
			if resp, err := s.nextOfRest(ctx, room); resp != nil || err != nil {
				return resp, err
			}
			continue
		}
		resp, err := s.attempt(ctx, room)
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
		if resp, err = s.failed(ctx, err, inStream); resp != nil || err != nil {
			return resp, err
		}
	}
}

// Rewind subscribes anew from a position.
func (s *source) Rewind(at checkpoint.Shard) {
	if s.rest != nil {
		at.Continuation = ""
		s.rest.Rewind(at)
		return
	}
	s.Close()
	s.at = at
}

// attempt waits for one event, with a subscription if there is none. It
// returns nothing where a subscription ended as it should.
func (s *source) attempt(ctx context.Context, room reader.Room) (*reader.Response, error) {
	if err := s.checkIdle(ctx); err != nil || s.rest != nil {
		return nil, endOf(err)
	}
	if s.open != nil && s.isOld(s.Until(), s.Now()) {
		s.Close()
	}
	if s.open == nil {
		if err := s.begin(ctx); err != nil {
			return nil, err
		}
	}
	// An event is received once there is room for it. Until then the service waits, or
	// ends the subscription.
	var size int64
	err := s.listen(ctx, func() (err error) { size, err = s.open.Await(); return err })
	if err != nil {
		return nil, s.over(err)
	}
	taken := encodedSize(size)
	if err := room.Take(ctx, taken); err != nil {
		return nil, err
	}
	resp, err := s.receive(ctx)
	if resp == nil {
		room.Return(taken)
		return nil, err
	}
	resp.Taken = taken
	return resp, nil
}

// receive receives the message that is arriving. It returns nothing for one that
// is no event.
func (s *source) receive(ctx context.Context) (*reader.Response, error) {
	var event *types.SubscribeToShardEvent
	err := s.listen(ctx, func() (err error) { event, err = s.open.Next(); return err })
	if err != nil {
		return nil, s.over(err)
	}
	if event == nil {
		return nil, nil
	}
	if err := s.check(event); err != nil {
		return nil, err
	}
	s.hadEvent = true
	if used, err := s.dropBehind(event); err != nil {
		if wrong, is := errors.AsType[*reader.SequenceError](err); is {
			return nil, &endError{wrong}
		}
		return nil, s.Error("SubscribeToShard", err)
	} else if !used {
		return nil, nil
	}
	resp, err := s.response(ctx, event)
	if err != nil || resp == nil {
		return nil, err
	}
	s.received(resp)
	return resp, nil
}

// begin subscribes from behind the last event.
func (s *source) begin(ctx context.Context) error {
	if wait := time.Until(s.due); wait > 0 {
		if err := service.Sleep(ctx, wait); err != nil {
			return err
		}
	}
	arn, err := s.holding.ready(ctx)
	if err != nil {
		return &endError{err}
	}
	s.arn = arn
	asked := time.Now()
	stream, err := s.subscribe(ctx, &service.SubscribeToShardInput{
		ConsumerARN:      arn,
		ShardID:          s.ShardID(),
		StartingPosition: startingPosition(s.AskFrom(s.at)),
	})
	now := time.Now()
	s.due = now.Add(betweenCalls)
	if missing := s.holding.f.answered(err); missing != nil {
		return &endError{missing}
	}
	if err != nil {
		if classify(err) == again {
			s.answered = now // it may have been a success whose answer was lost
		}
		return s.Error("SubscribeToShard", err)
	}
	began, err := s.ServerTime(stream.ServerTime())
	if err != nil {
		stream.Close()
		s.answered, s.due = now, now.Add(betweenSuccesses)
		return s.Error("SubscribeToShard", err)
	}
	s.began, s.asked = began, asked
	s.Accepted()
	s.Log().Debug("subscribed", "stream", s.Stream(), "shard", s.ShardID(), "consumer", arn)
	s.open, s.answered, s.due = stream, now, now.Add(betweenSuccesses)
	s.hadEvent, s.empty = false, false
	s.replays, s.catchingUp = false, false
	s.progress.begin()
	return nil
}

// over ends the subscription, and returns its error. The service ends each one after
// five minutes: that is no error, unless it made no progress.
func (s *source) over(err error) error {
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

// response is an event as the reader takes it. It is nil where the rest of the shard
// is to be read with GetRecords.
func (s *source) response(ctx context.Context, event *types.SubscribeToShardEvent) (*reader.Response, error) {
	resp := &reader.Response{
		Records:            event.Records,
		ServerTime:         s.began,
		Asked:              s.asked,
		MillisBehindLatest: event.MillisBehindLatest,
		Continuation:       s.continuation(event),
	}
	if aws.ToString(event.ContinuationSequenceNumber) == "" {
		resp.End, resp.Children = true, event.ChildShards
		children, err := s.EndedInto(ctx, s.at, resp)
		if wrong, isFalse := errors.AsType[*reader.EndError](err); isFalse {
			if wrong.Anew && !s.progress.denied { // the shard is closed: GetRecords knows its end
				s.readRest(wrong.Reason + ", twice in a row")
				return nil, nil
			}
			return nil, s.Error("SubscribeToShard", err) // nothing of this event is used
		} else if err != nil {
			return nil, &endError{err}
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

// received moves the position behind an event.
func (s *source) received(resp *reader.Response) {
	s.progress.event(s.moves(resp), s.isProgress(resp), isIdle(resp), time.Since(s.answered))
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
		s.back.Reset()
		s.refusals = 0
		s.Succeeded()
	}
	s.Log().Debug("got event", "stream", s.Stream(), "shard", s.ShardID(), "records", len(resp.Records),
		"behind", aws.ToInt64(resp.MillisBehindLatest), "end", resp.End)
}

// encodedSize is about what an event of so many bytes holds while it is encoded:
// itself, and what it becomes.
func encodedSize(size int64) int64 { return 2*size + 1<<10 }
