package reader

import (
	"fmt"
	"time"

	"kin/internal/record"
)

// TimeoutError means that a run's time was over before its bound was met, or before
// any shard had given a usable answer.
type TimeoutError struct {
	After time.Duration
	Err   error // of a call that failed at that time; nil when none did
	// Unanswered says that the run had no other bound and no shard gave an answer.
	Unanswered bool
}

func (e *TimeoutError) Error() string {
	what := "the bound was reached"
	if e.Unanswered {
		what = "any shard gave a usable answer"
	}
	text := fmt.Sprintf("--timeout %s expired before %s", e.After, what)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *TimeoutError) Unwrap() error { return e.Err }

// Hint says what became of what was read; it is empty when a call failed, which is
// to be mended first, and when nothing was read.
func (e *TimeoutError) Hint() string {
	if e.Err != nil || e.Unanswered {
		return ""
	}
	return "what was read by then is written; with a checkpoint the next run goes on behind it"
}

// GaveUp is true; it marks the error for those who do not import the type.
func (e *TimeoutError) GaveUp() bool { return true }

// bounded says whether a run ends by itself when every shard has been read up
// to a time.
func (o Options) bounded() bool { return o.AvailableNow || o.To.Kind != record.Latest }

// until is that time for a stream whose clock says now.
func (o Options) until(now time.Time) time.Time {
	switch {
	case o.AvailableNow:
		// A Date is cut to the second: what arrived within it was there.
		return now.Add(time.Second - time.Millisecond)
	case o.To.Kind == record.AtTimestamp:
		return o.To.Timestamp.Time
	case o.To.Kind == record.Ago:
		return now.Add(-o.To.Age)
	}
	return time.Time{}
}

// boundMet says whether a response shows that everything up to the bound was
// read: it is empty, and either nothing was left when the service's clock stood
// there, or what is left came later. A page with records shows neither: some
// endpoints count MillisBehindLatest from its last record, and then the next
// page tells. A closed shard at its tip is read on to its end, which some
// endpoints show a few pages later: its children may hold more.
func (s *streamRun) boundMet(shard *shard, resp *Response) bool {
	if s.until.IsZero() || resp.End || len(resp.Records) > 0 {
		return false
	}
	if resp.atTip() {
		return s.reached(resp) && !s.isClosed(shard)
	}
	return !resp.readThrough().Before(s.until)
}

// reached reports whether the service's clock showed the bound, or later, when it
// answered. Without a usable Date the call must have been made after the bound:
// the response may have waited since.
func (s *streamRun) reached(resp *Response) bool {
	if s.run.o.AvailableNow {
		return true // every response was asked for after the bound was set
	}
	if !resp.ServerTime.IsZero() {
		return !resp.ServerTime.Before(s.until)
	}
	if resp.Asked.IsZero() {
		return false
	}
	now := s.run.dates.Now()
	if now.IsZero() {
		now = time.Now() // an endpoint without a clock of its own
	}
	return !now.Add(-time.Since(resp.Asked)).Before(s.until)
}

// sayFailing reports a call that fails when a run ends by itself: there may be more
// than what was read.
func (r *run) sayFailing(when string) {
	if err := r.reporter.Last(); err != nil {
		r.o.Say(fmt.Sprintf("a call still failed %s: %s", when, err))
	}
}
