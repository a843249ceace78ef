package writer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kin/internal/service"
	"kin/writer/queue"
)

// failures are the records whose last request failed. They are reported when some
// have failed for service.ReportAfter, and then every service.ReportEvery.
type failures struct {
	stream   string // for messages
	records  int
	refusals int // records that the service did not take, since it took one

	since, reported time.Time
	// broken says that a report named another failure than a refusal for now.
	broken bool
	// last is why records failed last. It is kept until a record is written while no
	// other one fails: a run may end before that.
	last error
}

// add counts a record whose last request failed.
func (f *failures) add(e *queue.Entry) {
	if !e.Failing {
		e.Failing = true
		f.records++
	}
}

// refuse counts a record that the service does not take, and that is given up.
func (f *failures) refuse(e *queue.Entry) {
	f.refusals++
	f.add(e)
}

// note notes why records failed, and returns a message when they have for long
// enough; "" is none.
func (f *failures) note(now time.Time, cause error) (message string) {
	if !errors.Is(cause, context.Canceled) { // which is the end of the run
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

// concerned reports whether settle has to know of a record that was written or given up.
func (f *failures) concerned(e *queue.Entry) bool { return e.Failing || f.last != nil }

// settle takes out a record that was written, or given up. It returns a message when
// the last one that failed was written after failures were reported.
func (f *failures) settle(e *queue.Entry, now time.Time, written bool) (message string) {
	if e.Failing {
		f.records--
		if f.records == 0 {
			message = f.over(now, written)
		}
	}
	if f.records == 0 && written {
		f.last = nil
	}
	return message
}

// over notes that no record fails any more.
func (f *failures) over(now time.Time, written bool) (message string) {
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
