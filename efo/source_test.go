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

// bubble runs a test under its own clock.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		toTheTimeOfTheService()
		test(t)
	})
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

func (r *run) text() string { return strings.Join(r.got, "") }

// delivers runs for a while and wants these payloads, and these calls for
// shard a.
func delivers(t *testing.T, r *run, d time.Duration, want string, calls ...string) {
	t.Helper()
	r.doFor(d)
	if got := r.text(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	same(t, "calls", r.service.made("a"), calls)
}

func TestARenewalLeavesNoGapAndRepeatsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		steps := []step{event(records(1, 2))}
		for range 59 {
			steps = append(steps, step{5 * time.Second, quiet(7), nil})
		}
		s.script("a", sends(append(steps, step{5 * time.Second, nil, over.err})...), sends(event(records(8, 9))))
		delivers(t, newRun(s), 5*time.Minute+30*time.Second, "1 2 8 9 ", "TRIM_HORIZON @0s", "AFTER_SEQUENCE_NUMBER:7 @5m0s")
	})
}

func TestAStreamThatBreaksOffIsTakenUpBehindItsLastEvent(t *testing.T) {
	for name, broken := range map[string]step{
		"cut":                      {10 * time.Second, nil, errors.New("unexpected EOF")},
		"InternalFailureException": {10 * time.Second, nil, apiError("InternalFailureException")},
		"KMSThrottlingException":   {10 * time.Second, nil, apiError("KMSThrottlingException")},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newService(t, "a")
				s.script("a", sends(event(records(1, 2)), broken), sends(event(records(3, 4))))
				r := newRun(s)
				r.doFor(30 * time.Second)
				if got := r.text(); got != "1 2 3 4 " {
					t.Errorf("got %q", got)
				}
			})
		})
	}
}

func TestAnErrorInTheStreamThatWillNotPassEndsTheRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(event(records(1, 2)), fails("KMSAccessDeniedException")))
		r := newRun(s)
		err := r.do(t.Context())
		if err == nil || !strings.Contains(err.Error(), "SubscribeToShard for orders/a: KMSAccessDeniedException") {
			t.Errorf("got %v", err)
		}
	})
}

func TestAStreamThatSaysNothingForAMinuteIsGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		first := sends(event(records(1, 2)), step{59 * time.Second, quiet(2), nil})
		first.silent = true
		s.script("a", first, sends(event(records(3, 3))))
		r := newRun(s)
		r.doFor(125 * time.Second)
		if got := r.text(); got != "1 2 3 " {
			t.Errorf("got %q", got)
		}
		if calls := s.made("a"); len(calls) != 2 || !strings.HasPrefix(calls[1], "AFTER_SEQUENCE_NUMBER:2 @2m") {
			t.Errorf("calls: %q", calls)
		}
	})
}

// KINESIS.md, bug 11: a slow consumer was taken for a dead stream.
func TestBug11AStreamIsNotSilentWhileNobodyListens(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(event(records(1, 1)), event(records(2, 2)), event(records(3, 3))))
		r := newRun(s)
		r.reader.FetchBufferSize = 2_000 // one event
		r.handle = func(*reader.Batch) error { time.Sleep(2 * time.Minute); return nil }
		delivers(t, r, 6*time.Minute+30*time.Second, "1 2 3 ", "TRIM_HORIZON @0s")
	})
}

// Bug 12: a sequence number of one shard was used with another.
func TestBug12EveryShardIsSubscribedToWithItsOwnPosition(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a", "b")
		s.script("a", sends(event(records(1, 2)), step{10 * time.Second, nil, over.err}))
		s.script("b", sends(event(records(101, 102)), step{10 * time.Second, nil, over.err}))
		r := newRun(s)
		r.doFor(20 * time.Second)
		same(t, "calls for a", s.made("a"), []string{"TRIM_HORIZON @0s", "AFTER_SEQUENCE_NUMBER:2 @10s"})
		same(t, "calls for b", s.made("b"), []string{"TRIM_HORIZON @0s", "AFTER_SEQUENCE_NUMBER:102 @10s"})
	})
}

func child(id string, parents ...string) types.ChildShard {
	return types.ChildShard{ShardId: aws.String(id), ParentShards: parents}
}

// Bug 13: a shard whose end was received and not acknowledged never ended.
func TestBug13AnEndThatWasNotWrittenIsReadAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		last := records(3, 4)
		last.ContinuationSequenceNumber, last.ChildShards = nil, []types.ChildShard{child("b", "a")}
		s.script("a", sends(event(records(1, 2)), step{time.Second, last, nil}), sends(event(last)))
		s.script("b", sends(event(records(5, 6))), sends(event(records(5, 6))))
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
			t.Errorf("a stands at %+v", at)
		}
	})
}

// Bug 14: after the end of a shard another subscription was tried, with no
// sequence number.
func TestBug14NobodySubscribesBehindTheEndOfAShard(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(event(records(1, 2)), event(end(child("b", "a"), child("c", "a"))), step{0, nil, over.err}))
		r := newRun(s)
		delivers(t, r, time.Minute, "1 2 ", "TRIM_HORIZON @0s")
		same(t, "calls for b", s.made("b"), []string{"TRIM_HORIZON @0s"})
		same(t, "calls for c", s.made("c"), []string{"TRIM_HORIZON @0s"})
	})
}

func TestAnEndWithoutChildrenIsOneWhenListShardsSaysSo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(event(records(1, 2)), step{10 * time.Second, end(), nil}),
			sends(event(records(3, 4)), step{10 * time.Second, end(), nil}))
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
		if calls := s.made("a"); len(calls) != 2 || !strings.HasPrefix(calls[1], "AFTER_SEQUENCE_NUMBER:2 ") {
			t.Errorf("calls: %q", calls)
		}
	})
}

// Bug 15: the subscription after a refused one never came.
func TestBug15ARefusedSubscriptionIsTriedAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", refuses("ResourceInUseException"), refuses("LimitExceededException"), sends(event(records(1, 2))))
		r := newRun(s)
		r.doFor(15 * time.Second)
		if got := r.text(); got != "1 2 " {
			t.Errorf("got %q after %q", got, s.made("a"))
		}
	})
}

// Bug 16: time spent under back-pressure counted as time-outs, and ended the
// job.
func TestBug16ASlowOutputFailsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		var steps []step
		want := ""
		for n := 1; n <= 20; n++ {
			steps = append(steps, event(records(n, n)))
			want += string(records(n, n).Records[0].Data) + " "
		}
		s.script("a", sends(steps...))
		r := newRun(s)
		r.reader.FetchBufferSize = 2_000
		r.reader.RetryFor = time.Minute
		r.handle = func(*reader.Batch) error { time.Sleep(31 * time.Second); return nil }
		delivers(t, r, 21*31*time.Second, want, "TRIM_HORIZON @0s")
	})
}

// Bug 17: a subscription that was closed while it delivered hung. That none is
// left open, and no goroutine, is what newService and synctest see to.
func TestBug17ARunCanEndAtAnyMoment(t *testing.T) {
	for _, after := range []time.Duration{0, time.Millisecond, time.Second, 2 * time.Second, 61 * time.Second} {
		bubble(t, func(t *testing.T) {
			s := newService(t, "a")
			s.script("a", sends(event(records(1, 1)), step{time.Second, records(2, 2), nil}, step{time.Second, records(3, 3), nil}))
			r := newRun(s)
			r.reader.FetchBufferSize = 2_000
			r.handle = func(*reader.Batch) error { time.Sleep(time.Second); return nil }
			r.doFor(after)
		})
	}
}

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

// Bug 19: a stream that ends at once, without an error, was subscribed to once
// a second for ever.
func TestBug19WaitsGrowWhileNoEventComes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		for range 20 {
			s.script("a", sends(over))
		}
		r := newRun(s)
		r.doFor(3 * time.Minute)
		gaps := s.gaps()
		if len(gaps) < 6 || len(gaps) > 14 || gaps[0] < betweenSuccesses || gaps[len(gaps)-1] < 15*time.Second {
			t.Errorf("gaps: %v", gaps)
		}
		if !strings.Contains(strings.Join(r.said, "\n"), "still trying: SubscribeToShard for orders/a: the subscription ended without an event") {
			t.Errorf("said %q", r.said)
		}
	})
}

func TestTheWaitIsShortAgainAfterAnEvent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		for range 6 {
			s.script("a", refuses("InternalFailureException"))
		}
		s.script("a", sends(event(records(1, 1)), step{10 * time.Second, nil, errors.New("cut")}), sends(event(records(2, 2))))
		r := newRun(s)
		r.doFor(3 * time.Minute)
		if gaps := s.gaps(); len(gaps) != 7 || gaps[5] < 15*time.Second || gaps[6] > 13*time.Second {
			t.Errorf("gaps: %v", gaps)
		}
	})
}

// Bug 20: "Another active subscription": the old stream was not closed, or the
// next came too soon.
func TestBug20FiveSecondsPassAfterASuccess(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.script("a", sends(event(records(1, 1)), step{time.Second, nil, over.err}),
			sends(event(records(2, 2)), step{time.Second, nil, errors.New("cut")}), sends(event(records(3, 3))))
		r := newRun(s)
		r.doFor(20 * time.Second)
		same(t, "calls", s.made("a"), []string{"TRIM_HORIZON @0s", "AFTER_SEQUENCE_NUMBER:1 @5s", "AFTER_SEQUENCE_NUMBER:2 @10s"})
	})
}

// Bug 21: "not in ACTIVE status": the consumer was still CREATING.
func TestBug21NobodySubscribesBeforeTheConsumerIsActive(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		began := time.Now()
		s.creating = 20 * time.Second
		s.script("a", sends(event(records(1, 1))))
		r := newRun(s)
		r.doFor(40 * time.Second)
		if len(s.calls) != 1 || s.calls[0].at.Sub(began) < s.creating || r.text() != "1 " {
			t.Errorf("got %q after %v", r.text(), s.calls)
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

func TestAvailableNowEndsAtTheFirstEmptyEvent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a", "b")
		s.script("a", sends(event(records(1, 2)), step{5 * time.Second, quiet(3), nil}))
		s.script("b", sends(event(quiet(100))))
		r := newRun(s)
		r.reader.AvailableNow = true
		if err := r.do(t.Context()); err != nil || r.text() != "1 2 " {
			t.Errorf("got %q, %v", r.text(), err)
		}
	})
}

// The last event before the bound may have been made before it although it came
// after: what comes of a subscription that began behind the bound cannot.
func TestABoundIsProvedByASubscriptionThatBeganBehindIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a")
		steps := []step{event(records(1, 2))}
		for range 10 {
			steps = append(steps, step{5 * time.Second, quiet(3), nil})
		}
		s.script("a", sends(steps...), sends(event(records(4, 4)), step{5 * time.Second, quiet(4), nil}))
		r := newRun(s)
		r.reader.To = record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: time.Now().Add(22 * time.Second)}}
		if err := r.do(t.Context()); err != nil {
			t.Error(err)
		}
		if got := r.text(); got != "1 2 4 " {
			t.Errorf("got %q", got)
		}
		same(t, "calls", s.made("a"), []string{"TRIM_HORIZON @0s", "AFTER_SEQUENCE_NUMBER:3 @25s"})
	})
}

func TestRetriesEndWhereTheyAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T) {
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

func TestAShardThatIsNoLongerRetainedIsReportedAndLeft(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a", "b")
		s.script("a", sends(event(records(1, 2)), step{10 * time.Second, nil, apiError("ResourceNotFoundException")}))
		s.script("b", sends(step{20 * time.Second, records(3, 3), nil}))
		time.AfterFunc(5*time.Second, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.shards = s.shards[1:]
		})
		r := newRun(s)
		r.doFor(30 * time.Second)
		if got := r.text(); got != "1 2 3 " || !slices.Contains(r.said, "orders/a is no longer retained; its records after sequence number 2 are gone") {
			t.Errorf("got %q, said %q", got, r.said)
		}
	})
}

func TestWhatAnEventHoldsIsCountedInTheBuffer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		big := records(1, 1)
		big.Records[0].Data = make([]byte, 1<<20)
		s := newService(t, "a")
		s.script("a", sends(step{}, event(big), fails("InternalFailureException")), sends(event(quiet(2))))
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
		want := watchedRoom{taken: []int64{other, event, other, other}, returned: []int64{other, other}, said: []int64{event, other}}
		if rooms.Room = nil; !reflect.DeepEqual(*rooms, want) {
			t.Errorf("got %d, want %d", *rooms, want)
		}
	})
}

// watchedSource is a source that is watched while it takes room.
type watchedSource struct {
	reader.Source
	rooms *watchedRoom
}

type watchedRoom struct {
	reader.Room
	taken, returned []int64
	said            []int64 // by the responses
}

func (w watchedSource) Next(ctx context.Context, room reader.Room) (*reader.Response, error) {
	w.rooms.Room = room
	resp, err := w.Source.Next(ctx, w.rooms)
	if resp != nil {
		w.rooms.said = append(w.rooms.said, resp.Taken)
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

func TestASlowOutputStopsTheStreams(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newService(t, "a", "b")
		for _, id := range []string{"a", "b"} {
			var steps []step
			for i := range 10 {
				big := records(i+1, i+1)
				big.Records[0].Data = make([]byte, 1<<20)
				steps = append(steps, event(big))
			}
			s.script(id, sends(steps...))
		}
		r := newRun(s)
		r.reader.FetchBufferSize = 4 << 20
		r.handle = func(*reader.Batch) error { time.Sleep(time.Hour); return nil }
		r.doFor(30 * time.Minute)
		// What the handler has, and one that fitted beside it: the next is not
		// received before there is room for it.
		if s.sent != 2 {
			t.Errorf("%d events of 1 MiB were received with a buffer of 4 MiB, want 2", s.sent)
		}
	})
}
