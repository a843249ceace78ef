package efo

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// lateRecords are records that bear a time beyond the bound of a run that begins now.
func lateRecords(first, last int) *types.SubscribeToShardEvent {
	e := records(first, last)
	for i := range e.Records {
		e.Records[i].ApproximateArrivalTimestamp = aws.Time(time.Now().Add(time.Hour))
	}
	return e
}

// TestFault08ALateEventDoesNotEndAShard is about a record beyond the bound that has a
// record within it behind it: kin subscribes again before the one that it held back.
func TestFault08ALateEventDoesNotEndAShard(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(event(records(1, 1)), event(quiet(5)), event(lateRecords(10, 10)), event(quiet(11)), event(records(12, 12))),
			sends(event(lateRecords(10, 10)), event(records(12, 12)), event(lateRecords(13, 13)), step{5 * time.Second, quiet(14), nil}))
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
		same(t, "calls", s.made("a"), []string{"TRIM_HORIZON @0s", "AFTER_SEQUENCE_NUMBER:5 @5s"})
		if at := kept.file.Streams[0].Shards["a"]; at.SequenceNumber != "12" || at.Continuation != "12" {
			t.Errorf("saved %+v", at)
		}
	})
}

// TestFault08AnEventStreamThatKeepsFillingEndsAtTheBound is about a shard in which
// each event has records, all of them late.
func TestFault08AnEventStreamThatKeepsFillingEndsAtTheBound(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		steps := []step{event(records(1, 2))}
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
		if n := len(s.made("a")); n != 1 || strings.Contains(strings.Join(r.said, ""), "again") {
			t.Errorf("%d subscriptions; said %q", n, r.said)
		}
	})
}
