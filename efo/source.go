package efo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/service"
	"kin/reader"
)

// Stream is the event stream of one SubscribeToShard call.
type Stream interface {
	// Await waits until the next message begins to arrive, and returns its size
	// in bytes. Next receives it; it returns nil for a message that is no event.
	// Both return io.EOF when the service has ended the stream, another error
	// when it broke off or the service sent one.
	Await() (int64, error)
	Next() (*types.SubscribeToShardEvent, error)
	// ServerTime is the service's clock when it answered the call; zero when it
	// did not say.
	ServerTime() time.Time
	// Close ends the stream, also while Await or Next waits.
	Close()
}

// Subscribe makes one SubscribeToShard call. Its context governs the stream.
type Subscribe func(context.Context, *kinesis.SubscribeToShardInput) (Stream, error)

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

// source is the source that is pushed: it subscribes to its shard, and again
// where the last subscription ended.
type source struct {
	*reader.Assignment
	holding   *holding
	subscribe Subscribe
	arn       string    // of the consumer that was last subscribed with
	began     time.Time // by the service, the open subscription; zero when it did not say
	asked     time.Time // when the open subscription was asked for

	// at is the position behind the last event received, in order.
	at   checkpoint.Shard
	open Stream // nil without one

	// rest reads the shard with GetRecords, once subscriptions cannot; else nil.
	// restRead says that it has had an answer: at is no longer where it stands.
	rest     reader.Source
	restRead bool

	due      time.Time // when the next call may be made
	answered time.Time // when the last call ended that may have been a success
	heard    bool      // the open subscription has had an event
	progress progress
	empty    bool          // the last event had no record, and
	behind   time.Duration // how far it was behind
	back     service.Backoff
	refusals int // in a row

	saidBehind bool // that events came from before the position
	// replays says that the open subscription has sent records from before the
	// position and has not reached it; catchingUp that the event in hand reaches it.
	replays, catchingUp bool
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

// Close gives the subscription up.
func (s *source) Close() {
	if s.open != nil {
		s.open.Close()
		s.open = nil
	}
}

// attempt waits for one event, with a subscription if there is none. It
// returns nothing where a subscription ended as it should.
func (s *source) attempt(ctx context.Context, room reader.Room) (*reader.Response, error) {
	if err := s.checkIdle(ctx); err != nil || s.rest != nil {
		return nil, endOf(err)
	}
	if s.open != nil && s.isOld() {
		s.Close()
	}
	if s.open == nil {
		if err := s.begin(ctx); err != nil {
			return nil, err
		}
	}
	// Room is what stands between an event and its being received: while there is
	// none the service waits, or ends the subscription.
	var size int64
	err := s.listen(ctx, func() (err error) { size, err = s.open.Await(); return err })
	if err != nil {
		return nil, s.over(err)
	}
	taken := roomFor(size)
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
	s.heard = true
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
	stream, err := s.subscribe(ctx, &kinesis.SubscribeToShardInput{
		ConsumerARN:      aws.String(arn),
		ShardId:          aws.String(s.ShardID()),
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
	s.heard, s.empty = false, false
	s.replays, s.catchingUp = false, false
	s.progress.begin()
	return nil
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

var (
	errSilent = fmt.Errorf("no event came for %s", mostSilence)
	errEmpty  = errors.New("the subscription ended without an event")
	errNoMove = errors.New("the subscription ended without progress")
)

// listen calls a method of the open stream that waits, as long as a stream may be
// silent. Time in which nobody listens is none in which it is.
func (s *source) listen(ctx context.Context, wait func() error) error {
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

// over takes in why the subscription is over. That the service has ended it,
// after five minutes, is a reason for the next one, unless it made no progress.
func (s *source) over(err error) error {
	if !errors.Is(err, io.EOF) {
		return s.Error("SubscribeToShard", err)
	}
	s.Close()
	switch {
	case !s.heard:
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

// isOld says whether a bounded run waits for an answer that is younger than the
// subscription: an event does not say when it was made, so that what proves a
// time to be over is an empty event of a subscription that began behind it.
func (s *source) isOld() bool {
	until, began := s.Until(), s.began
	if until.IsZero() || began.IsZero() || !s.empty || time.Now().Before(s.due) {
		return false
	}
	until = until.Add(s.behind)
	return began.Before(until) && s.Now().After(until.Add(time.Second)) // a Date is cut to the second
}

// roomFor is about what an event of so many bytes holds while it is encoded:
// itself, and what it becomes.
func roomFor(size int64) int64 { return 2*size + 1<<10 }
