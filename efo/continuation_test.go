package efo

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/service"
)

// withContinuation sets the continuation of an event.
func withContinuation(e *types.SubscribeToShardEvent, continuation string) *types.SubscribeToShardEvent {
	e.ContinuationSequenceNumber = aws.String(continuation)
	return e
}

var cut = step{10 * time.Second, nil, errors.New("cut")}

// After an event from before the position, the continuations of a subscription show where the
// replay is. They must not move the position past records that kin has not passed on, nor back.
func TestFault11ReplayDoesNotMoveThePosition(t *testing.T) {
	for name, test := range map[string]struct {
		steps   []step // of the second subscription; the first one brings 1 to 12
		next    string // position of the third subscription
		reports string
	}{
		"old records with a continuation ahead":                       {[]step{sendsEvent(withContinuation(records(1, 5), "20")), cut}, "AFTER_SEQUENCE_NUMBER:12", messageOldRecords},
		"an empty event after old records":                            {[]step{sendsEvent(records(1, 5)), sendsEvent(emptyEvent(20)), cut}, "AFTER_SEQUENCE_NUMBER:12", messageOldRecords},
		"an empty event after two old events":                         {[]step{sendsEvent(records(1, 5)), sendsEvent(emptyEvent(7)), sendsEvent(records(8, 9)), sendsEvent(emptyEvent(20)), cut}, "AFTER_SEQUENCE_NUMBER:12", messageOldRecords},
		"an empty event after old records with the same continuation": {[]step{sendsEvent(withContinuation(records(1, 5), "20")), sendsEvent(emptyEvent(20)), cut}, "AFTER_SEQUENCE_NUMBER:12", messageOldRecords},
		"an empty event before the position":                          {[]step{sendsEvent(emptyEvent(3)), cut}, "AFTER_SEQUENCE_NUMBER:12", messageContinuation},
		"an empty event after the position":                           {[]step{sendsEvent(emptyEvent(20)), cut}, "AFTER_SEQUENCE_NUMBER:20", ""},
		"an empty event after a replay up to the position":            {[]step{sendsEvent(records(1, 12)), sendsEvent(emptyEvent(20)), cut}, "AFTER_SEQUENCE_NUMBER:20", messageOldRecords},
		"old and new records with a continuation ahead":               {[]step{sendsEvent(withContinuation(records(10, 14), "20")), cut}, "AFTER_SEQUENCE_NUMBER:14", messageOldRecords},
		"new records after a replay with a continuation ahead":        {[]step{sendsEvent(records(1, 5)), sendsEvent(withContinuation(records(13, 14), "20")), cut}, "AFTER_SEQUENCE_NUMBER:14", messageOldRecords},
		"records after their continuation":                            {[]step{sendsEvent(withContinuation(records(13, 14), "3")), cut}, "AFTER_SEQUENCE_NUMBER:14", ""},
		"an end before the position":                                  {[]step{sendsEvent(asEnd(records(1, 5)))}, "AFTER_SEQUENCE_NUMBER:12", messageOldRecords},
		"an empty end after a replay":                                 {[]step{sendsEvent(records(1, 5)), sendsEvent(endEvent(child("b", "a")))}, "AFTER_SEQUENCE_NUMBER:12", messageOldRecords},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newService(t, "a")
				rest := records(13, 20)
				if strings.HasSuffix(test.next, ":14") {
					rest = records(15, 20)
				}
				isEnd := strings.Contains(name, "an end ") || strings.Contains(name, "an empty end ")
				if isEnd { // the fake closes the shard then
					rest = asEnd(rest)
				}
				s.script("a", sends(sendsEvent(records(1, 12)), cut), sends(test.steps...), sends(sendsEvent(rest)))
				positions := newMemory()
				r := newRun(s)
				r.reader.Positions = positions
				r.doFor(2 * time.Minute)
				calls := s.callsFor("a")
				if len(calls) < 3 || !strings.HasPrefix(calls[2], test.next+" ") {
					t.Errorf("calls %q, want the third %s", calls, test.next)
				}
				want := "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 "
				if got := r.text(); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
				if at := positions.file.Streams[0].Shards["a"]; at.SequenceNumber != "20" || isEnd != (at.Kind == record.ShardEnd) || !isEnd && at.Continuation != "20" {
					t.Errorf("the position of a is %+v", at)
				}
				messages := strings.Join(r.messages, "\n")
				if test.reports != "" && strings.Count(messages, test.reports) != 1 || test.reports == "" && strings.Contains(messages, "before the requested position") {
					t.Errorf("messages %q, want %q once", r.messages, test.reports)
				}
			})
		})
	}
}

// The same for a run from a timestamp, on a server that ignores it.
func TestFault11ReplayDoesNotMoveATimestampPosition(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		now := time.Now()
		old := func(e *types.SubscribeToShardEvent) *types.SubscribeToShardEvent {
			for i := range e.Records {
				e.Records[i].ApproximateArrivalTimestamp = aws.Time(now.Add(-time.Hour))
			}
			return e
		}
		s := newService(t, "a")
		s.script("a", sends(sendsEvent(old(records(1, 3))), sendsEvent(emptyEvent(9)), cut), sends(sendsEvent(old(records(1, 3))), sendsEvent(old(records(4, 5))), sendsEvent(records(6, 12))))
		r := newRun(s)
		r.reader.InitialPosition = record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: now.Add(-time.Minute)}}
		r.doFor(time.Minute)
		if got := r.text(); got != "6 7 8 9 10 11 12 " {
			t.Errorf("got %q", got)
		}
		if calls := s.callsFor("a"); len(calls) < 2 || !strings.HasPrefix(calls[1], "AT_TIMESTAMP") {
			t.Errorf("calls %q, want the second at the time", calls)
		}
	})
}

// The end in a replay is not the end of the shard. A closed shard is read to its end with
// GetRecords, from the position.
func TestFault11EndBeforeThePositionIsNotTheEndOfTheShard(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLive(t, 1)
		l.fill(20)
		l.split("shardId-000000000000")
		r := l.run()
		subscribe := r.o.Subscribe
		replays := &replaying{subscribe: subscribe}
		r.o.Subscribe = replays.Subscribe
		r.reader.AvailableNow = true
		if err := r.do(t.Context()); err != nil {
			t.Error(err)
		}
		wantOnce(t, 20, r.payloads...)
		if replays.ends == 0 {
			t.Error("no end was shown behind the position")
		}
	})
}

// replaying is a server that sends the first ten records of a shard. Every later subscription
// starts with the oldest record, and ends the shard before the tenth.
type replaying struct {
	subscribe Subscribe
	first     []types.Record // the first ten records of the shard
	ends      int            // number of ends sent
}

func (r *replaying) Subscribe(ctx context.Context, in *service.SubscribeToShardInput) (service.EventStream, error) {
	if in.ShardID != "shardId-000000000000" {
		return r.subscribe(ctx, in)
	}
	if len(r.first) > 0 {
		r.ends++
		e := &types.SubscribeToShardEvent{Records: r.first[:5], MillisBehindLatest: aws.Int64(0)}
		for _, id := range []string{"shardId-000000000001", "shardId-000000000002"} {
			e.ChildShards = append(e.ChildShards, types.ChildShard{ShardId: aws.String(id), ParentShards: []string{in.ShardID}})
		}
		return &oneEvent{event: e}, nil
	}
	open, err := r.subscribe(ctx, in)
	if err != nil {
		return nil, err
	}
	defer open.Close()
	for len(r.first) == 0 {
		if _, err := open.Await(); err != nil {
			return nil, err
		}
		event, err := open.Next()
		if err != nil {
			return nil, err
		}
		if event != nil && len(event.Records) >= 10 {
			r.first = event.Records[:10]
		}
	}
	e := &types.SubscribeToShardEvent{Records: r.first, MillisBehindLatest: aws.Int64(1000), ContinuationSequenceNumber: r.first[9].SequenceNumber}
	return &oneEvent{event: e}, nil
}

// oneEvent is a stream that breaks after one event.
type oneEvent struct{ event *types.SubscribeToShardEvent }

func (o *oneEvent) Await() (int64, error) { return 100, nil }
func (o *oneEvent) ServerTime() time.Time { return time.Time{} }
func (o *oneEvent) Close()                {}
func (o *oneEvent) Next() (*types.SubscribeToShardEvent, error) {
	if o.event == nil {
		return nil, errors.New("cut")
	}
	e := *o.event
	o.event = nil
	return &e, nil
}

// Bug 18: the position of an idle shard never moved, and expired in the end.
func TestBug18IdleShardMovesItsPosition(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		var steps []step
		for n := range 60 {
			steps = append(steps, step{5 * time.Second, emptyEvent(100 + n), nil})
		}
		s.script("a", sends(append(steps, streamEnd)...), sends(sendsEvent(emptyEvent(159)), step{5 * time.Second, emptyEvent(200), nil}))
		positions := newMemory()
		r := newRun(s)
		r.reader.InitialPosition = record.Position{}
		r.reader.Positions = positions
		wantPayloads(t, r, 5*time.Minute+20*time.Second, "", "AT_TIMESTAMP @0s", "AFTER_SEQUENCE_NUMBER:159 @5m0s")
		if at := positions.file.Streams[0].Shards["a"]; at.Continuation != "200" || at.Kind != record.AtTimestamp {
			t.Errorf("the position of a is %+v", at)
		}
		s.script("a", sends(sendsEvent(records(201, 201))))
		again := newRun(s)
		again.reader.Positions = positions
		again.doFor(3 * time.Second)
		if calls := s.callsFor("a"); !strings.HasPrefix(calls[2], "AFTER_SEQUENCE_NUMBER:200 ") {
			t.Errorf("calls: %q", calls)
		}
	})
}

func TestRefusedContinuationFallsBackToTheLastRecord(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(sendsEvent(records(1, 2)), sendsEvent(emptyEvent(7)), step{10 * time.Second, nil, streamEnd.err}),
			refuses("InvalidArgumentException"), sends(sendsEvent(records(8, 9))))
		r := newRun(s)
		r.doFor(20 * time.Second)
		if calls := s.callsFor("a"); r.text() != "1 2 8 9 " || len(calls) != 3 || !strings.HasPrefix(calls[2], "AFTER_SEQUENCE_NUMBER:2 ") {
			t.Errorf("got %q after %q", r.text(), calls)
		}
	})
}

func TestPositionInsideAnAggregateReadsItAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		sub := int64(3)
		at := checkpoint.Shard{Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: "5", SubSequenceNumber: &sub}}
		p := startingPosition(at)
		if p.Type != types.ShardIteratorTypeAtSequenceNumber || aws.ToString(p.SequenceNumber) != "5" {
			t.Errorf("got %+v", p)
		}
	})
}
