package efo

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/record"
)

// Bug 18: the position of an idle shard never moved, and was too old in the
// end.
func TestBug18AnIdleShardMovesOn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		var steps []step
		for n := range 60 {
			steps = append(steps, step{5 * time.Second, quiet(100 + n), nil})
		}
		s.script("a", sends(append(steps, over)...), sends(event(quiet(159)), step{5 * time.Second, quiet(200), nil}))
		positions := newMemory()
		r := newRun(s)
		r.reader.InitialPosition = record.Position{}
		r.reader.Positions = positions
		delivers(t, r, 5*time.Minute+20*time.Second, "", "AT_TIMESTAMP @0s", "AFTER_SEQUENCE_NUMBER:159 @5m0s")
		if at := positions.file.Streams[0].Shards["a"]; at.Continuation != "200" || at.Kind != record.AtTimestamp {
			t.Errorf("a stands at %+v", at)
		}
		s.script("a", sends(event(records(201, 201))))
		again := newRun(s)
		again.reader.Positions = positions
		again.doFor(3 * time.Second)
		if calls := s.made("a"); !strings.HasPrefix(calls[2], "AFTER_SEQUENCE_NUMBER:200 ") {
			t.Errorf("calls: %q", calls)
		}
	})
}

func TestARefusedContinuationGivesWayToTheLastRecord(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(event(records(1, 2)), event(quiet(7)), step{10 * time.Second, nil, over.err}),
			refuses("InvalidArgumentException"), sends(event(records(8, 9))))
		r := newRun(s)
		r.doFor(20 * time.Second)
		if calls := s.made("a"); r.text() != "1 2 8 9 " || len(calls) != 3 || !strings.HasPrefix(calls[2], "AFTER_SEQUENCE_NUMBER:2 ") {
			t.Errorf("got %q after %q", r.text(), calls)
		}
	})
}

func TestARunInsideAnAggregateReadsItAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		sub := int64(3)
		at := checkpoint.Shard{Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: "5", SubSequenceNumber: &sub}}
		p := startingPosition(at)
		if p.Type != types.ShardIteratorTypeAtSequenceNumber || aws.ToString(p.SequenceNumber) != "5" {
			t.Errorf("got %+v", p)
		}
	})
}
