package writer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kin/internal/service"
	"kin/writer/queue"
)

// failures tracks the records whose last request failed. It reports them after
// service.ReportAfter of failures, and then every service.ReportEvery.
type failures struct {
	stream   string // for messages
	records  int
	refusals int // records refused since the last one was written

	since, reported time.Time
	// broken is true once a report named a failure other than throttling or a stream that
	// is being created.
	broken bool
	// last is why records failed last. It is kept until a record is written and no other one
	// fails, because the run may end before that.
	last error
}

// add counts a record whose last request failed.
func (f *failures) add(e *queue.Entry) {
	if !e.Failing {
		e.Failing = true
		f.records++
	}
}

// refuse counts a record that the service refused and that is rejected.
func (f *failures) refuse(e *queue.Entry) {
	f.refusals++
	f.add(e)
}

// note notes why records failed. It returns a message once they have failed for long
// enough, otherwise "".
func (f *failures) note(now time.Time, cause error) (message string) {
	if !errors.Is(cause, context.Canceled) { // cancellation is the end of the run, not a failure
		f.last = cause
	}
	if f.records == 0 {
		return ""
	}
	if f.since.IsZero() {
		f.since = now
	}
	if !f.reportDue(now) {
		return ""
	}
	f.reported = now
	f.broken = f.broken || !service.IsRefusedForNow(cause)
	return fmt.Sprintf("%s: %s not written yet, retrying: %s", f.stream, records(int64(f.records)), service.Brief(cause))
}

func (f *failures) reportDue(now time.Time) bool {
	return now.Sub(f.since) >= service.ReportAfter && (f.reported.IsZero() || now.Sub(f.reported) >= service.ReportEvery)
}

// concerned reports whether settle has to be called for a record that is settled.
func (f *failures) concerned(e *queue.Entry) bool { return e.Failing || f.last != nil }

// settle removes a record that was written or rejected. If failures were reported and the
// last failing record is written, it returns a message.
func (f *failures) settle(e *queue.Entry, now time.Time, written bool) (message string) {
	if e.Failing {
		f.records--
		if f.records == 0 {
			message = f.recovered(now, written)
		}
	}
	if f.records == 0 && written {
		f.last = nil
	}
	return message
}

// recovered notes that no record fails any more.
func (f *failures) recovered(now time.Time, written bool) (message string) {
	if written && !f.reported.IsZero() {
		lasted := max(time.Second, now.Sub(f.since).Round(time.Second))
		what := "connected"
		if !f.broken {
			what = "writing"
		}
		message = fmt.Sprintf("%s: %s again after %s", f.stream, what, duration(lasted))
	}
	f.since, f.reported, f.broken = time.Time{}, time.Time{}, false
	return message
}
