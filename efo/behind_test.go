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
	messageBehind       = "orders/a: the endpoint sends records from before the requested position: kin drops them"
	messageContinuation = "orders/a: the endpoint sends a continuation from before the requested position: kin keeps its position"
)

// A server that ignores the position of a subscription begins with the oldest
// record each time.
func TestFault11EventsBehindThePositionAreDroppedAndReported(t *testing.T) {
	for name, test := range map[string]struct {
		again []step
		want  string
		said  int
	}{
		"all of an event":         {[]step{event(records(1, 12)), event(records(13, 14))}, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 ", 1},
		"event after event":       {[]step{event(records(1, 4)), event(records(5, 8)), event(records(9, 12)), event(records(13, 13))}, "1 2 3 4 5 6 7 8 9 10 11 12 13 ", 1},
		"a part of one":           {[]step{event(records(9, 15))}, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 ", 1},
		"the last record alone":   {[]step{event(records(12, 13))}, "1 2 3 4 5 6 7 8 9 10 11 12 13 ", 1},
		"none":                    {[]step{event(records(13, 14))}, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 ", 0},
		"an end behind the rest":  {[]step{event(ending(records(1, 12)))}, "1 2 3 4 5 6 7 8 9 10 11 12 ", 1},
		"an end with more behind": {[]step{event(ending(records(11, 13)))}, "1 2 3 4 5 6 7 8 9 10 11 12 13 ", 1},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newService(t, "a")
				// 9 and 10 and 12 are not in the order of texts.
				s.script("a", sends(event(records(1, 12)), step{10 * time.Second, nil, errors.New("cut")}), sends(test.again...))
				r := newRun(s)
				r.doFor(time.Minute)
				if got := r.text(); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
				if got := strings.Count(strings.Join(r.said, "\n"), messageBehind); got != test.said {
					t.Errorf("it was said %d times, want %d: %q", got, test.said, r.said)
				}
			})
		})
	}
}

// ending is an event that is the last of its shard.
func ending(e *types.SubscribeToShardEvent) *types.SubscribeToShardEvent {
	e.ContinuationSequenceNumber, e.ChildShards = nil, []types.ChildShard{child("b", "a")}
	return e
}

// An event behind the position does not move it back, and each of many
// subscriptions that begin anew brings what is new.
func TestFault11EventsBehindThePositionDoNotMoveIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		for n := 3; n <= 9; n += 2 {
			s.script("a", sends(event(records(1, 2)), event(records(3, n)), step{10 * time.Second, nil, errors.New("cut")}))
		}
		s.script("a", sends(event(records(1, 2)), step{10 * time.Second, nil, errors.New("cut")}))
		positions := newMemory()
		r := newRun(s)
		r.reader.Positions = positions
		r.doFor(2 * time.Minute)
		if got := r.text(); got != "1 2 3 4 5 6 7 8 9 " {
			t.Errorf("got %q", got)
		}
		calls := s.made("a")
		want := []string{"TRIM_HORIZON", "AFTER_SEQUENCE_NUMBER:3", "AFTER_SEQUENCE_NUMBER:5", "AFTER_SEQUENCE_NUMBER:7", "AFTER_SEQUENCE_NUMBER:9", "AFTER_SEQUENCE_NUMBER:9"}
		for i, call := range calls {
			if i < len(want) && !strings.HasPrefix(call, want[i]+" ") {
				t.Errorf("call %d: %s, want %s", i, call, want[i])
			}
		}
		if at := positions.file.Streams[0].Shards["a"]; at.SequenceNumber != "9" || at.Continuation != "9" {
			t.Errorf("a stands at %+v", at)
		}
	})
}

// A run that begins at a time gets the records from that time on, and all that
// come behind the first of them: arrival times are not in order.
func TestFault11RecordsFromBeforeTheTimeAreDropped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		now := time.Now()
		arrived := func(e *types.SubscribeToShardEvent, after ...time.Duration) *types.SubscribeToShardEvent {
			for i, d := range after {
				e.Records[i].ApproximateArrivalTimestamp = aws.Time(now.Add(d))
			}
			return e
		}
		s := newService(t, "a")
		s.script("a", sends(event(arrived(records(1, 3), -2*time.Hour, -2*time.Hour, -time.Hour)),
			event(arrived(records(4, 7), -time.Minute-time.Millisecond, -time.Minute, 0, -2*time.Minute)),
			event(arrived(records(8, 8), -3*time.Minute))))
		r := newRun(s)
		r.reader.InitialPosition = record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: now.Add(-time.Minute)}}
		r.doFor(time.Minute)
		if got := r.text(); got != "5 6 7 8 " {
			t.Errorf("got %q", got)
		}
		if got := strings.Count(strings.Join(r.said, "\n"), messageBehind); got != 1 {
			t.Errorf("it was said %d times, want once: %q", got, r.said)
		}
	})
}

// Inside an aggregate the aggregate itself is read again.
func TestFault11TheRecordOfThePositionItselfIsKeptWhereReadingBeginsAtIt(t *testing.T) {
	s := &cursor{at: checkpoint.Shard{Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: "10"}}}
	for sequence, want := range map[string]bool{"9": true, "09": true, "10": false, "11": false, "100": false, "": false, "x": false, "-1": false} {
		if got := s.isBehind(types.Record{SequenceNumber: aws.String(sequence)}); got != want {
			t.Errorf("%q: got %v", sequence, got)
		}
	}
}

// An empty event moves the position on from its time: a record behind that is new,
// also where its arrival time is a little earlier, as of a host whose clock is late.
func TestFault11ARecordBehindAnEmptyEventIsNotFromBeforeTheTime(t *testing.T) {
	for name, test := range map[string]struct {
		then func() []script
		said int
	}{
		"the same subscription": {func() []script { return []script{sends(event(quiet(5)), event(late(records(6, 7))))} }, 0},
		"the next one": {func() []script {
			return []script{sends(event(quiet(5)), step{10 * time.Second, nil, errors.New("cut")}), sends(event(late(records(6, 7))))}
		}, 0},
		"the next one begins with older records": {func() []script {
			return []script{sends(event(quiet(5)), step{10 * time.Second, nil, errors.New("cut")}), sends(event(late(records(3, 7))))}
		}, 1},
	} {
		for _, from := range []record.Position{{Kind: record.Latest}, {Kind: record.AtTimestamp}} {
			t.Run(name+" from "+from.String(), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
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
					if got := strings.Count(strings.Join(r.said, "\n"), messageBehind); got != test.said {
						t.Errorf("it was said %d times, want %d: %q", got, test.said, r.said)
					}
				})
			})
		}
	}
}

// late is an event whose records bear a time that is two seconds too early.
func late(e *types.SubscribeToShardEvent) *types.SubscribeToShardEvent {
	for i := range e.Records {
		e.Records[i].ApproximateArrivalTimestamp = aws.Time(e.Records[i].ApproximateArrivalTimestamp.Add(-2 * time.Second))
	}
	return e
}
