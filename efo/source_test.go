package efo

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
