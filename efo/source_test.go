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
