package efo

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kin/internal/service"
)

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
