package efo

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/record"
	"kin/reader"
)

func child(id string, parents ...string) types.ChildShard {
	return types.ChildShard{ShardId: aws.String(id), ParentShards: parents}
}

// Bug 13: a shard never ended if its end was received but not acknowledged.
func TestBug13UnsavedEndIsReadAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		last := records(3, 4)
		last.ContinuationSequenceNumber, last.ChildShards = nil, []types.ChildShard{child("b", "a")}
		s.script("a", sends(sendsEvent(records(1, 2)), step{time.Second, last, nil}), sends(sendsEvent(last)))
		s.script("b", sends(sendsEvent(records(5, 6))), sends(sendsEvent(records(5, 6))))
		positions := newMemory()
		r := newRun(s)
		r.reader.Positions = positions
		boom := errors.New("boom")
		n := 0
		r.handle = func(*reader.Batch) error {
			if n++; n == 2 {
				return boom
			}
			return nil
		}
		if err := r.do(t.Context()); !errors.Is(err, boom) {
			t.Fatalf("got %v", err)
		}
		again := newRun(s)
		again.reader.Positions = positions
		again.doFor(20 * time.Second)
		if got := r.text() + "| " + again.text(); got != "1 2 | 3 4 5 6 " {
			t.Errorf("got %q", got)
		}
		if at := positions.file.Streams[0].Shards["a"]; at.Kind != record.ShardEnd {
			t.Errorf("the position of a is %+v", at)
		}
	})
}

// Bug 14: after the end of a shard another subscription without a sequence number was tried.
func TestBug14NoSubscriptionAfterTheEndOfAShard(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(sendsEvent(records(1, 2)), sendsEvent(endEvent(child("b", "a"), child("c", "a"))), step{0, nil, streamEnd.err}))
		r := newRun(s)
		wantPayloads(t, r, time.Minute, "1 2 ", "TRIM_HORIZON @0s")
		wantEqual(t, "calls for b", s.callsFor("b"), []string{"TRIM_HORIZON @0s"})
		wantEqual(t, "calls for c", s.callsFor("c"), []string{"TRIM_HORIZON @0s"})
	})
}

func TestEndWithoutChildrenNeedsListShards(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(sendsEvent(records(1, 2)), step{10 * time.Second, endEvent(), nil}),
			sends(sendsEvent(records(3, 4)), step{10 * time.Second, endEvent(), nil}))
		r := newRun(s)
		time.AfterFunc(15*time.Second, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.shards[0].SequenceNumberRange = &types.SequenceNumberRange{EndingSequenceNumber: aws.String("9")}
		})
		r.reader.AvailableNow = false
		r.doFor(time.Minute)
		if got := r.text(); got != "1 2 3 4 " {
			t.Errorf("got %q", got)
		}
		if calls := s.callsFor("a"); len(calls) != 2 || !strings.HasPrefix(calls[1], "AFTER_SEQUENCE_NUMBER:2 ") {
			t.Errorf("calls: %q", calls)
		}
	})
}

func TestShardThatIsNoLongerRetainedIsReportedAndSkipped(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a", "b")
		s.script("a", sends(sendsEvent(records(1, 2)), step{10 * time.Second, nil, apiError("ResourceNotFoundException")}))
		s.script("b", sends(step{20 * time.Second, records(3, 3), nil}))
		time.AfterFunc(5*time.Second, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.shards = s.shards[1:]
		})
		r := newRun(s)
		r.doFor(30 * time.Second)
		if got := r.text(); got != "1 2 3 " || !slices.Contains(r.messages, "orders/a is no longer retained; its records after sequence number 2 are gone") {
			t.Errorf("got %q, messages %q", got, r.messages)
		}
	})
}
