package queue

import (
	"slices"
	"testing"
)

// If a record is stuck, the ledger still tracks later records, in little memory.
func TestLedgerTracksRecordsBehindAGap(t *testing.T) {
	l := NewLedger(true, 2)
	var reported []int64
	report := func(r Result) { reported = append(reported, r.Record) }
	for range 6 {
		l.Begin()
	}
	for _, n := range []int64{4, 3, 7, 8, 6} {
		l.Settle(n, Written, Result{Record: n}, report)
	}
	if l.through != 4 || len(l.states) != 4 {
		t.Errorf("through %d with %d kept, want 4 with 4", l.through, len(l.states))
	}
	l.Settle(5, Rejected, Result{Record: 5}, report)
	if l.through != 4 {
		t.Errorf("through %d, want 4: 5 is lost", l.through)
	}
	if want := []int64{3, 4, 5, 6, 7, 8}; !slices.Equal(reported, want) {
		t.Errorf("reported: got %v, want %v", reported, want)
	}

	l = NewLedger(true, 0)
	for !l.Full() {
		l.Begin()
	}
	if len(l.states) != maxUnreported {
		t.Errorf("%d unreported, want %d", len(l.states), maxUnreported)
	}
	l.Settle(1, Saved, Result{Record: 1}, report)
	if l.Full() || l.through != 1 {
		t.Errorf("still full, through %d", l.through)
	}
}
