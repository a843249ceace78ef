package efo

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/record"
	"kin/internal/service"
)

// to is an event with another continuation.
func to(e *types.SubscribeToShardEvent, continuation string) *types.SubscribeToShardEvent {
	e.ContinuationSequenceNumber = aws.String(continuation)
	return e
}

var cut = step{10 * time.Second, nil, errors.New("cut")}

// What follows an event behind the position in its subscription is where a replay
// is: its continuation moves the position neither past records that were not
// handed out, nor back.
func TestFault11AContinuationBehindThePositionIsNotBelieved(t *testing.T) {
	for name, test := range map[string]struct {
		steps []step // of the second subscription; the first one brings 1 to 12
		next  string // where the third one begins
		said  string
	}{
		"an event behind that claims to be ahead":        {[]step{event(to(records(1, 5), "20")), cut}, "AFTER_SEQUENCE_NUMBER:12", messageBehind},
		"an empty event behind it":                       {[]step{event(records(1, 5)), event(quiet(20)), cut}, "AFTER_SEQUENCE_NUMBER:12", messageBehind},
		"an empty event behind two":                      {[]step{event(records(1, 5)), event(quiet(7)), event(records(8, 9)), event(quiet(20)), cut}, "AFTER_SEQUENCE_NUMBER:12", messageBehind},
		"an empty event behind one that claims it":       {[]step{event(to(records(1, 5), "20")), event(quiet(20)), cut}, "AFTER_SEQUENCE_NUMBER:12", messageBehind},
		"an empty event alone that is behind":            {[]step{event(quiet(3)), cut}, "AFTER_SEQUENCE_NUMBER:12", messageContinuation},
		"an empty event that is ahead":                   {[]step{event(quiet(20)), cut}, "AFTER_SEQUENCE_NUMBER:20", ""},
		"an empty event behind a replay to the position": {[]step{event(records(1, 12)), event(quiet(20)), cut}, "AFTER_SEQUENCE_NUMBER:20", messageBehind},
		"a part of one that claims to be ahead":          {[]step{event(to(records(10, 14), "20")), cut}, "AFTER_SEQUENCE_NUMBER:14", messageBehind},
		"records behind a replay that claim to be ahead": {[]step{event(records(1, 5)), event(to(records(13, 14), "20")), cut}, "AFTER_SEQUENCE_NUMBER:14", messageBehind},
		"records whose continuation is behind them":      {[]step{event(to(records(13, 14), "3")), cut}, "AFTER_SEQUENCE_NUMBER:14", ""},
		"an end behind the position":                     {[]step{event(ending(records(1, 5)))}, "AFTER_SEQUENCE_NUMBER:12", messageBehind},
		"an empty end behind a replay":                   {[]step{event(records(1, 5)), event(end(child("b", "a")))}, "AFTER_SEQUENCE_NUMBER:12", messageBehind},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newService(t, "a")
				rest := records(13, 20)
				if strings.HasSuffix(test.next, ":14") {
					rest = records(15, 20)
				}
				isEnd := strings.Contains(name, "an end ") || strings.Contains(name, "an empty end ")
				if isEnd { // the fake takes the shard for closed from then on
					rest = ending(rest)
				}
				s.script("a", sends(event(records(1, 12)), cut), sends(test.steps...), sends(event(rest)))
				positions := newMemory()
				r := newRun(s)
				r.reader.Positions = positions
				r.doFor(2 * time.Minute)
				calls := s.made("a")
				if len(calls) < 3 || !strings.HasPrefix(calls[2], test.next+" ") {
					t.Errorf("calls %q, want the third %s", calls, test.next)
				}
				want := "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 "
				if got := r.text(); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
				if at := positions.file.Streams[0].Shards["a"]; at.SequenceNumber != "20" || isEnd != (at.Kind == record.ShardEnd) || !isEnd && at.Continuation != "20" {
					t.Errorf("a stands at %+v", at)
				}
				said := strings.Join(r.said, "\n")
				if test.said != "" && strings.Count(said, test.said) != 1 || test.said == "" && strings.Contains(said, "before the position") {
					t.Errorf("said %q, want %q once", r.said, test.said)
				}
			})
		})
	}
}

// So it is for a run that begins at a time, on a server that ignores it.
func TestFault11AnEmptyEventBehindRecordsFromBeforeTheTimeMovesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		now := time.Now()
		old := func(e *types.SubscribeToShardEvent) *types.SubscribeToShardEvent {
			for i := range e.Records {
				e.Records[i].ApproximateArrivalTimestamp = aws.Time(now.Add(-time.Hour))
			}
			return e
		}
		s := newService(t, "a")
		s.script("a", sends(event(old(records(1, 3))), event(quiet(9)), cut), sends(event(old(records(1, 3))), event(old(records(4, 5))), event(records(6, 12))))
		r := newRun(s)
		r.reader.InitialPosition = record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: now.Add(-time.Minute)}}
		r.doFor(time.Minute)
		if got := r.text(); got != "6 7 8 9 10 11 12 " {
			t.Errorf("got %q", got)
		}
		if calls := s.made("a"); len(calls) < 2 || !strings.HasPrefix(calls[1], "AT_TIMESTAMP") {
			t.Errorf("calls %q, want the second at the time", calls)
		}
	})
}

// The end that a replay shows behind the position is not the shard's: a closed
// shard is read to its end with GetRecords from the position.
func TestFault11AnEndBehindThePositionIsNotTheEndOfTheShard(t *testing.T) {
	bubble(t, func(t *testing.T) {
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
		wantOnce(t, 20, r.got...)
		if replays.ends == 0 {
			t.Error("no end was shown behind the position")
		}
	})
}

// replaying is a server that sends the first ten records of a shard, and whose
// every further subscription begins with the oldest one, and ends the shard there.
type replaying struct {
	subscribe Subscribe
	first     []types.Record // of the shard
	ends      int            // that were shown
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

// oneEvent is a stream of one event that breaks off behind it.
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
