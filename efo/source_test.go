package efo

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/service"
	"kin/reader"
)

// inBubble runs a test in a synctest bubble, from a plausible time of the service.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		skipToServiceTime()
		test(t)
	})
}

func wantEqual(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

func (r *testRun) text() string { return strings.Join(r.payloads, "") }

// wantPayloads runs for d, and checks the payloads and the calls for shard a.
func wantPayloads(t *testing.T, r *testRun, d time.Duration, want string, calls ...string) {
	t.Helper()
	r.doFor(d)
	if got := r.text(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	wantEqual(t, "calls", r.service.callsFor("a"), calls)
}

func TestRenewedSubscriptionHasNoGapAndNoDuplicate(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		steps := []step{sendsEvent(records(1, 2))}
		for range 59 {
			steps = append(steps, step{5 * time.Second, emptyEvent(7), nil})
		}
		s.script("a", sends(append(steps, step{5 * time.Second, nil, streamEnd.err})...), sends(sendsEvent(records(8, 9))))
		wantPayloads(t, newRun(s), 5*time.Minute+30*time.Second, "1 2 8 9 ", "TRIM_HORIZON @0s", "AFTER_SEQUENCE_NUMBER:7 @5m0s")
	})
}

func TestBrokenStreamResumesAfterItsLastEvent(t *testing.T) {
	for name, broken := range map[string]step{
		"cut":                      {10 * time.Second, nil, errors.New("unexpected EOF")},
		"InternalFailureException": {10 * time.Second, nil, apiError("InternalFailureException")},
		"KMSThrottlingException":   {10 * time.Second, nil, apiError("KMSThrottlingException")},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newService(t, "a")
				s.script("a", sends(sendsEvent(records(1, 2)), broken), sends(sendsEvent(records(3, 4))))
				r := newRun(s)
				r.doFor(30 * time.Second)
				if got := r.text(); got != "1 2 3 4 " {
					t.Errorf("got %q", got)
				}
			})
		})
	}
}

func TestPermanentErrorInTheStreamEndsTheRun(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(sendsEvent(records(1, 2)), fails("KMSAccessDeniedException")))
		r := newRun(s)
		err := r.do(t.Context())
		if err == nil || !strings.Contains(err.Error(), "SubscribeToShard for orders/a: KMSAccessDeniedException") {
			t.Errorf("got %v", err)
		}
	})
}

func TestSilentStreamIsClosedAfterAMinute(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		first := sends(sendsEvent(records(1, 2)), step{59 * time.Second, emptyEvent(2), nil})
		first.silent = true
		s.script("a", first, sends(sendsEvent(records(3, 3))))
		r := newRun(s)
		r.doFor(125 * time.Second)
		if got := r.text(); got != "1 2 3 " {
			t.Errorf("got %q", got)
		}
		if calls := s.callsFor("a"); len(calls) != 2 || !strings.HasPrefix(calls[1], "AFTER_SEQUENCE_NUMBER:2 @2m") {
			t.Errorf("calls: %q", calls)
		}
	})
}

// KINESIS.md, bug 11: a slow output counted as a dead stream.
func TestBug11SlowOutputIsNotSilence(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(sendsEvent(records(1, 1)), sendsEvent(records(2, 2)), sendsEvent(records(3, 3))))
		r := newRun(s)
		r.reader.FetchBufferSize = 2_000 // one event
		r.handle = func(*reader.Batch) error { time.Sleep(2 * time.Minute); return nil }
		wantPayloads(t, r, 6*time.Minute+30*time.Second, "1 2 3 ", "TRIM_HORIZON @0s")
	})
}

// Bug 12: a sequence number of one shard was used with another.
func TestBug12EveryShardHasItsOwnPosition(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a", "b")
		s.script("a", sends(sendsEvent(records(1, 2)), step{10 * time.Second, nil, streamEnd.err}))
		s.script("b", sends(sendsEvent(records(101, 102)), step{10 * time.Second, nil, streamEnd.err}))
		r := newRun(s)
		r.doFor(20 * time.Second)
		wantEqual(t, "calls for a", s.callsFor("a"), []string{"TRIM_HORIZON @0s", "AFTER_SEQUENCE_NUMBER:2 @10s"})
		wantEqual(t, "calls for b", s.callsFor("b"), []string{"TRIM_HORIZON @0s", "AFTER_SEQUENCE_NUMBER:102 @10s"})
	})
}

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

// Bug 15: there was no subscription after a refused one.
func TestBug15RefusedSubscriptionIsRetried(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", refuses("ResourceInUseException"), refuses("LimitExceededException"), sends(sendsEvent(records(1, 2))))
		r := newRun(s)
		r.doFor(15 * time.Second)
		if got := r.text(); got != "1 2 " {
			t.Errorf("got %q after %q", got, s.callsFor("a"))
		}
	})
}

// Bug 16: time under back-pressure counted as a timeout, and ended the job.
func TestBug16SlowOutputIsNoFailure(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		var steps []step
		want := ""
		for n := 1; n <= 20; n++ {
			steps = append(steps, sendsEvent(records(n, n)))
			want += string(records(n, n).Records[0].Data) + " "
		}
		s.script("a", sends(steps...))
		r := newRun(s)
		r.reader.FetchBufferSize = 2_000
		r.reader.RetryFor = time.Minute
		r.handle = func(*reader.Batch) error { time.Sleep(31 * time.Second); return nil }
		wantPayloads(t, r, 21*31*time.Second, want, "TRIM_HORIZON @0s")
	})
}

// Bug 17: closing a subscription during a delivery hung. newService and synctest check that no
// subscription and no goroutine remains.
func TestBug17RunCanEndAtAnyTime(t *testing.T) {
	for _, after := range []time.Duration{0, time.Millisecond, time.Second, 2 * time.Second, 61 * time.Second} {
		inBubble(t, func(t *testing.T) {
			s := newService(t, "a")
			s.script("a", sends(sendsEvent(records(1, 1)), step{time.Second, records(2, 2), nil}, step{time.Second, records(3, 3), nil}))
			r := newRun(s)
			r.reader.FetchBufferSize = 2_000
			r.handle = func(*reader.Batch) error { time.Sleep(time.Second); return nil }
			r.doFor(after)
		})
	}
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

// Bug 19: a stream that ended at once without an error was subscribed to every second, forever.
func TestBug19WaitsGrowWhileNoEventComes(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		for range 20 {
			s.script("a", sends(streamEnd))
		}
		r := newRun(s)
		r.doFor(3 * time.Minute)
		gaps := s.gaps()
		if len(gaps) < 6 || len(gaps) > 14 || gaps[0] < betweenSuccesses || gaps[len(gaps)-1] < 15*time.Second {
			t.Errorf("gaps: %v", gaps)
		}
		if !strings.Contains(strings.Join(r.messages, "\n"), "still trying: SubscribeToShard for orders/a: the subscription ended without an event") {
			t.Errorf("messages %q", r.messages)
		}
	})
}

func TestBackoffResetsAfterAnEvent(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		for range 6 {
			s.script("a", refuses("InternalFailureException"))
		}
		s.script("a", sends(sendsEvent(records(1, 1)), step{10 * time.Second, nil, errors.New("cut")}), sends(sendsEvent(records(2, 2))))
		r := newRun(s)
		r.doFor(3 * time.Minute)
		if gaps := s.gaps(); len(gaps) != 7 || gaps[5] < 15*time.Second || gaps[6] > 13*time.Second {
			t.Errorf("gaps: %v", gaps)
		}
	})
}

// Bug 20: "Another active subscription": the old stream was still open, or the next call came too
// early.
func TestBug20NextSubscriptionWaitsFiveSeconds(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(sendsEvent(records(1, 1)), step{time.Second, nil, streamEnd.err}),
			sends(sendsEvent(records(2, 2)), step{time.Second, nil, errors.New("cut")}), sends(sendsEvent(records(3, 3))))
		r := newRun(s)
		r.doFor(20 * time.Second)
		wantEqual(t, "calls", s.callsFor("a"), []string{"TRIM_HORIZON @0s", "AFTER_SEQUENCE_NUMBER:1 @5s", "AFTER_SEQUENCE_NUMBER:2 @10s"})
	})
}

// Bug 21: "not in ACTIVE status": the consumer was still CREATING.
func TestBug21NoSubscriptionBeforeTheConsumerIsActive(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		began := time.Now()
		s.creating = 20 * time.Second
		s.script("a", sends(sendsEvent(records(1, 1))))
		r := newRun(s)
		r.doFor(40 * time.Second)
		if len(s.calls) != 1 || s.calls[0].at.Sub(began) < s.creating || r.text() != "1 " {
			t.Errorf("got %q after %v", r.text(), s.calls)
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

func TestAvailableNowEndsAtTheFirstEmptyEvent(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a", "b")
		s.script("a", sends(sendsEvent(records(1, 2)), step{5 * time.Second, emptyEvent(3), nil}))
		s.script("b", sends(sendsEvent(emptyEvent(100))))
		r := newRun(s)
		r.reader.AvailableNow = true
		if err := r.do(t.Context()); err != nil || r.text() != "1 2 " {
			t.Errorf("got %q, %v", r.text(), err)
		}
	})
}

// The last event may have been created before the bound and received after it. Only a subscription
// opened after the bound proves that the bound was reached.
func TestBoundNeedsASubscriptionOpenedAfterIt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		steps := []step{sendsEvent(records(1, 2))}
		for range 10 {
			steps = append(steps, step{5 * time.Second, emptyEvent(3), nil})
		}
		s.script("a", sends(steps...), sends(sendsEvent(records(4, 4)), step{5 * time.Second, emptyEvent(4), nil}))
		r := newRun(s)
		r.reader.To = record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: time.Now().Add(22 * time.Second)}}
		if err := r.do(t.Context()); err != nil {
			t.Error(err)
		}
		if got := r.text(); got != "1 2 4 " {
			t.Errorf("got %q", got)
		}
		wantEqual(t, "calls", s.callsFor("a"), []string{"TRIM_HORIZON @0s", "AFTER_SEQUENCE_NUMBER:3 @25s"})
	})
}

func TestMaxRetriesEndsTheRun(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		for range 50 {
			s.script("a", refuses("InternalFailureException"))
		}
		r := newRun(s)
		r.reader.RetryFor = 20 * time.Second
		var gaveUp *service.GaveUpError
		if err := r.do(t.Context()); !errors.As(err, &gaveUp) {
			t.Errorf("got %v", err)
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

func TestEventsCountInTheFetchBuffer(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		big := records(1, 1)
		big.Records[0].Data = make([]byte, 1<<20)
		s := newService(t, "a")
		s.script("a", sends(step{}, sendsEvent(big), fails("InternalFailureException")), sends(sendsEvent(emptyEvent(2))))
		r := newRun(s)
		r.reader.AvailableNow = true
		rooms := &watchedRoom{}
		r.wrap = func(next reader.Source) reader.Source { return watchedSource{next, rooms} }
		if err := r.do(t.Context()); err != nil {
			t.Error(err)
		}
		event, other := encodedSize(frameSize(big)), encodedSize(frameSize(nil))
		if event < 2<<20 || event > 3<<20 {
			t.Errorf("an event of 1 MiB takes %d", event)
		}
		want := watchedRoom{taken: []int64{other, event, other, other}, returned: []int64{other, other}, reported: []int64{event, other}}
		if rooms.Room = nil; !reflect.DeepEqual(*rooms, want) {
			t.Errorf("got %d, want %d", *rooms, want)
		}
	})
}

// watchedSource records how a source uses its Room.
type watchedSource struct {
	reader.Source
	rooms *watchedRoom
}

type watchedRoom struct {
	reader.Room
	taken, returned []int64
	reported        []int64 // Taken of the responses
}

func (w watchedSource) Next(ctx context.Context, room reader.Room) (*reader.Response, error) {
	w.rooms.Room = room
	resp, err := w.Source.Next(ctx, w.rooms)
	if resp != nil {
		w.rooms.reported = append(w.rooms.reported, resp.Taken)
	}
	return resp, err
}

func (w *watchedRoom) Take(ctx context.Context, size int64) error {
	w.taken = append(w.taken, size)
	return w.Room.Take(ctx, size)
}

func (w *watchedRoom) Return(size int64) {
	w.returned = append(w.returned, size)
	w.Room.Return(size)
}

func TestSlowOutputStopsReceiving(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a", "b")
		for _, id := range []string{"a", "b"} {
			var steps []step
			for i := range 10 {
				big := records(i+1, i+1)
				big.Records[0].Data = make([]byte, 1<<20)
				steps = append(steps, sendsEvent(big))
			}
			s.script(id, sends(steps...))
		}
		r := newRun(s)
		r.reader.FetchBufferSize = 4 << 20
		r.handle = func(*reader.Batch) error { time.Sleep(time.Hour); return nil }
		r.doFor(30 * time.Minute)
		// The handler has one event, and one more fits in the buffer. The next is received only
		// when there is room.
		if s.sent != 2 {
			t.Errorf("%d events of 1 MiB were received with a buffer of 4 MiB, want 2", s.sent)
		}
	})
}
