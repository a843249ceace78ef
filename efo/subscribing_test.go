package efo

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kin/internal/service"
)

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
