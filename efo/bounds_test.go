package efo

import (
	"testing"
	"time"

	"kin/internal/record"
)

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
