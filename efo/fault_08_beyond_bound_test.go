package efo

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// lateRecords returns an event whose arrival times are beyond the bound of a run that starts now.
func lateRecords(first, last int) *types.SubscribeToShardEvent {
	e := records(first, last)
	for i := range e.Records {
		e.Records[i].ApproximateArrivalTimestamp = aws.Time(time.Now().Add(time.Hour))
	}
	return e
}

// A record beyond the bound precedes a record within it. kin subscribes again before the record
// that it held back.
func TestFault08RecordBeyondTheBoundDoesNotEndAShard(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(sendsEvent(records(1, 1)), sendsEvent(emptyEvent(5)), sendsEvent(lateRecords(10, 10)), sendsEvent(emptyEvent(11)), sendsEvent(records(12, 12))),
			sends(sendsEvent(lateRecords(10, 10)), sendsEvent(records(12, 12)), sendsEvent(lateRecords(13, 13)), step{5 * time.Second, emptyEvent(14), nil}))
		r := newRun(s)
		kept := newMemory()
		r.reader.Positions, r.reader.AvailableNow = kept, true
		// An empty event that is not at the tip proves nothing.
		for i := range s.scripts["a"][0].steps {
			s.scripts["a"][0].steps[i].event.MillisBehindLatest = aws.Int64(1000)
		}
		if err := r.do(t.Context()); err != nil || r.text() != "1 10 12 " {
			t.Errorf("got %q, %v", r.text(), err)
		}
		wantEqual(t, "calls", s.callsFor("a"), []string{"TRIM_HORIZON @0s", "AFTER_SEQUENCE_NUMBER:5 @5s"})
		if at := kept.file.Streams[0].Shards["a"]; at.SequenceNumber != "12" || at.Continuation != "12" {
			t.Errorf("saved %+v", at)
		}
	})
}

// Every event of the shard has records, and all are beyond the bound.
func TestFault08BusyShardEndsAtTheBound(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		steps := []step{sendsEvent(records(1, 2))}
		for n := range 30 {
			steps = append(steps, step{time.Second, lateRecords(3+n, 3+n), nil})
		}
		s.script("a", sends(steps...))
		r := newRun(s)
		r.reader.AvailableNow = true
		began := time.Now()
		if err := r.do(t.Context()); err != nil || r.text() != "1 2 " {
			t.Errorf("got %q, %v", r.text(), err)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("ended after %s", took)
		}
		if n := len(s.callsFor("a")); n != 1 || strings.Contains(strings.Join(r.messages, ""), "again") {
			t.Errorf("%d subscriptions; messages %q", n, r.messages)
		}
	})
}
