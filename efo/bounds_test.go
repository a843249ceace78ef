package efo

import (
	"testing"
	"time"

	"kin/internal/record"
)

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
