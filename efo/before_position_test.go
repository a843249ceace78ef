package efo

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/record"
)

const (
	messageOldRecords   = "orders/a: the endpoint sends records from before the requested position: kin drops them"
	messageContinuation = "orders/a: the endpoint sent a ContinuationSequenceNumber from before the requested position: kin keeps its position"
)

// The server ignores the position, and starts every subscription with the oldest record.
func TestFault11RecordsBeforeThePositionAreDroppedAndReported(t *testing.T) {
	for name, test := range map[string]struct {
		again   []step
		want    string
		reports int
	}{
		"all of an event":              {[]step{sendsEvent(records(1, 12)), sendsEvent(records(13, 14))}, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 ", 1},
		"several events":               {[]step{sendsEvent(records(1, 4)), sendsEvent(records(5, 8)), sendsEvent(records(9, 12)), sendsEvent(records(13, 13))}, "1 2 3 4 5 6 7 8 9 10 11 12 13 ", 1},
		"part of an event":             {[]step{sendsEvent(records(9, 15))}, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 ", 1},
		"only the last record":         {[]step{sendsEvent(records(12, 13))}, "1 2 3 4 5 6 7 8 9 10 11 12 13 ", 1},
		"none":                         {[]step{sendsEvent(records(13, 14))}, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 ", 0},
		"an end after the old records": {[]step{sendsEvent(asEnd(records(1, 12)))}, "1 2 3 4 5 6 7 8 9 10 11 12 ", 1},
		"an end after a new record":    {[]step{sendsEvent(asEnd(records(11, 13)))}, "1 2 3 4 5 6 7 8 9 10 11 12 13 ", 1},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newService(t, "a")
				// 9, 10 and 12 are not in string order.
				s.script("a", sends(sendsEvent(records(1, 12)), step{10 * time.Second, nil, errors.New("cut")}), sends(test.again...))
				r := newRun(s)
				r.doFor(time.Minute)
				if got := r.text(); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
				if got := strings.Count(strings.Join(r.messages, "\n"), messageOldRecords); got != test.reports {
					t.Errorf("reported %d times, want %d: %q", got, test.reports, r.messages)
				}
			})
		})
	}
}

// asEnd makes the event the last one of its shard.
func asEnd(e *types.SubscribeToShardEvent) *types.SubscribeToShardEvent {
	e.ContinuationSequenceNumber, e.ChildShards = nil, []types.ChildShard{child("b", "a")}
	return e
}

// Records from before the position do not move it back. Each of several subscriptions that start
// over brings only new records.
func TestFault11RecordsBeforeThePositionDoNotMoveIt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		for n := 3; n <= 9; n += 2 {
			s.script("a", sends(sendsEvent(records(1, 2)), sendsEvent(records(3, n)), step{10 * time.Second, nil, errors.New("cut")}))
		}
		s.script("a", sends(sendsEvent(records(1, 2)), step{10 * time.Second, nil, errors.New("cut")}))
		positions := newMemory()
		r := newRun(s)
		r.reader.Positions = positions
		r.doFor(2 * time.Minute)
		if got := r.text(); got != "1 2 3 4 5 6 7 8 9 " {
			t.Errorf("got %q", got)
		}
		calls := s.callsFor("a")
		want := []string{"TRIM_HORIZON", "AFTER_SEQUENCE_NUMBER:3", "AFTER_SEQUENCE_NUMBER:5", "AFTER_SEQUENCE_NUMBER:7", "AFTER_SEQUENCE_NUMBER:9", "AFTER_SEQUENCE_NUMBER:9"}
		for i, call := range calls {
			if i < len(want) && !strings.HasPrefix(call, want[i]+" ") {
				t.Errorf("call %d: %s, want %s", i, call, want[i])
			}
		}
		if at := positions.file.Streams[0].Shards["a"]; at.SequenceNumber != "9" || at.Continuation != "9" {
			t.Errorf("the position of a is %+v", at)
		}
	})
}

// A run from a timestamp gets the first record of that time and everything after it, because
// arrival times are not ordered.
func TestFault11RecordsBeforeTheTimestampAreDropped(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		now := time.Now()
		arrived := func(e *types.SubscribeToShardEvent, after ...time.Duration) *types.SubscribeToShardEvent {
			for i, d := range after {
				e.Records[i].ApproximateArrivalTimestamp = aws.Time(now.Add(d))
			}
			return e
		}
		s := newService(t, "a")
		s.script("a", sends(sendsEvent(arrived(records(1, 3), -2*time.Hour, -2*time.Hour, -time.Hour)),
			sendsEvent(arrived(records(4, 7), -time.Minute-time.Millisecond, -time.Minute, 0, -2*time.Minute)),
			sendsEvent(arrived(records(8, 8), -3*time.Minute))))
		r := newRun(s)
		r.reader.InitialPosition = record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: now.Add(-time.Minute)}}
		r.doFor(time.Minute)
		if got := r.text(); got != "5 6 7 8 " {
			t.Errorf("got %q", got)
		}
		if got := strings.Count(strings.Join(r.messages, "\n"), messageOldRecords); got != 1 {
			t.Errorf("reported %d times, want once: %q", got, r.messages)
		}
	})
}

// A position inside an aggregate reads the whole aggregate again.
func TestFault11AtSequenceNumberKeepsTheRecordItself(t *testing.T) {
	s := &cursor{at: checkpoint.Shard{Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: "10"}}}
	for sequence, want := range map[string]bool{"9": true, "09": true, "10": false, "11": false, "100": false, "": false, "x": false, "-1": false} {
		if got := s.isBeforePosition(types.Record{SequenceNumber: aws.String(sequence)}); got != want {
			t.Errorf("%q: got %v", sequence, got)
		}
	}
}

// An empty event replaces the timestamp by a continuation. A later record is new even if its
// arrival time is a little earlier, for example from a host whose clock is slow.
func TestFault11RecordAfterAnEmptyEventIsKept(t *testing.T) {
	for name, test := range map[string]struct {
		then    func() []script
		reports int
	}{
		"the same subscription": {func() []script {
			return []script{sends(sendsEvent(emptyEvent(5)), sendsEvent(withEarlyArrival(records(6, 7))))}
		}, 0},
		"the next subscription": {func() []script {
			return []script{sends(sendsEvent(emptyEvent(5)), step{10 * time.Second, nil, errors.New("cut")}), sends(sendsEvent(withEarlyArrival(records(6, 7))))}
		}, 0},
		"the next subscription starts with older records": {func() []script {
			return []script{sends(sendsEvent(emptyEvent(5)), step{10 * time.Second, nil, errors.New("cut")}), sends(sendsEvent(withEarlyArrival(records(3, 7))))}
		}, 1},
	} {
		for _, from := range []record.Position{{Kind: record.Latest}, {Kind: record.AtTimestamp}} {
			t.Run(name+" from "+from.String(), func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					s := newService(t, "a")
					s.script("a", test.then()...)
					r := newRun(s)
					if r.reader.InitialPosition = from; from.Kind == record.AtTimestamp {
						r.reader.InitialPosition.Timestamp = record.Time{Time: time.Now()}
					}
					r.doFor(time.Minute)
					if got := r.text(); got != "6 7 " {
						t.Errorf("got %q", got)
					}
					if got := strings.Count(strings.Join(r.messages, "\n"), messageOldRecords); got != test.reports {
						t.Errorf("reported %d times, want %d: %q", got, test.reports, r.messages)
					}
				})
			})
		}
	}
}

// withEarlyArrival moves the arrival times of an event back by two seconds.
func withEarlyArrival(e *types.SubscribeToShardEvent) *types.SubscribeToShardEvent {
	for i := range e.Records {
		e.Records[i].ApproximateArrivalTimestamp = aws.Time(e.Records[i].ApproximateArrivalTimestamp.Add(-2 * time.Second))
	}
	return e
}
