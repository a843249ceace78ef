package service

import (
	"fmt"
	"sync"
	"time"

	"github.com/xhit/go-str2duration/v2"
)

const (
	// ReportAfter is how long a call fails, or has no answer, before that is reported.
	ReportAfter = 5 * time.Second
	// ReportEvery is the time between two reports.
	ReportEvery = time.Minute
)

// Reporter reports calls that keep failing, in one line a minute for all of them
// together, and that they pass again. It is safe for concurrent use.
type Reporter struct {
	Report func(string) // never called with the lock held: it may block
	// Doing is the word in "X again after 12s" where all failures were refusals such as
	// throttling, for example "reading". Other failures, and an empty Doing, end with
	// "connected".
	Doing string
	// IsQuiet says that a failure is reported elsewhere. nil: none is.
	IsQuiet func(error) bool

	mu       sync.Mutex         // guards the following
	failing  map[any]failedCall // calls whose last attempt failed
	last     any                // the one that failed last
	since    time.Time          // of the first of the failures that are going on; zero without any
	reported time.Time          // when a line was reported last
	about    string             // the stream or shard that the failures are about; empty for several
	known    bool               // a line about these failures was reported
	broken   bool               // such a line was about another failure than throttling
	lasting  int                // how many calls of failing are not quiet
}

// failedCall is a call whose last attempt failed.
type failedCall struct {
	err   error
	quiet bool // it is reported elsewhere
	// since is when its first failure began that is not quiet; zero while it is quiet.
	since time.Time
}

// NewReporter returns a Reporter of calls that read. The read limit of a shard has a
// message of its own.
func NewReporter(report func(string)) Reporter {
	return Reporter{Report: report, Doing: "reading", IsQuiet: IsShardLimit}
}

// NoAnswer is the error of an attempt that is under way and has no answer yet.
func NoAnswer() error { return fmt.Errorf("no answer from the service for %s", ReportAfter) }

// Failed notes that an attempt of a call failed. lasted is how long the call has been
// failing; it counts for the first failure alone. The key identifies the call. about is
// the stream or shard that the call is about, for the message of its end; empty for none.
func (r *Reporter) Failed(key any, about string, err error, lasted time.Duration) {
	if message := r.Note(key, about, err, lasted); message != "" {
		r.Report(message)
	}
}

// Passed notes that a call succeeded. If no other call fails any more, and a failure
// was reported, it reports that too.
func (r *Reporter) Passed(key any) {
	if message := r.NotePassed(key); message != "" {
		r.Report(message)
	}
}

// Forget notes that a call is not made again.
func (r *Reporter) Forget(key any) { r.drop(key, false) }

// NotePassed is like Passed, but returns the message in place of reporting it; empty
// for none.
func (r *Reporter) NotePassed(key any) string { return r.drop(key, true) }

// Note is like Failed, but returns the message in place of reporting it; empty for none.
func (r *Reporter) Note(key any, about string, err error, lasted time.Duration) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failing == nil {
		r.failing = map[any]failedCall{}
	}
	now := time.Now()
	was, known := r.failing[key]
	lasting := known && !was.quiet
	f := failedCall{err: err, quiet: r.IsQuiet != nil && r.IsQuiet(err)}
	switch {
	case f.quiet:
	case lasting:
		f.since = was.since
	case known: // only now for a reason that is reported here
		f.since = now
	default:
		f.since = now.Add(-lasted)
	}
	r.failing[key], r.last = f, key
	if f.quiet && lasting {
		return r.settled(true) // the service did answer
	} else if f.quiet {
		return ""
	}
	lasted = now.Sub(f.since) // not every caller counts it
	if !lasting {
		r.lasting++
	}
	if r.since.IsZero() {
		r.since, r.about = now.Add(-lasted), about
	} else if about != r.about {
		r.about = ""
	}
	if lasted < ReportAfter || !r.reported.IsZero() && now.Sub(r.reported) < ReportEvery {
		return ""
	}
	r.reported, r.known = now, true
	r.broken = r.broken || !IsRefusedForNow(err)
	return fmt.Sprintf("still trying: %s", err)
}

func (r *Reporter) drop(key any, passed bool) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	was, known := r.failing[key]
	delete(r.failing, key)
	if !known || was.quiet {
		return ""
	}
	return r.settled(passed)
}

// settled notes that one of the calls no longer fails for reasons that last. It
// wants the lock held, and returns what to report.
func (r *Reporter) settled(passed bool) string {
	if r.lasting--; r.lasting > 0 {
		return ""
	}
	message := ""
	if passed && r.known {
		what := "connected"
		if !r.broken && r.Doing != "" {
			what = r.Doing
		}
		message = fmt.Sprintf("%s again after %s", what, str2duration.String(max(time.Second, time.Since(r.since).Round(time.Second))))
		if r.about != "" {
			message = r.about + ": " + message
		}
	}
	r.since, r.known, r.broken, r.about = time.Time{}, false, false, ""
	return message
}

// Last is the last failure of the calls that fail now; nil when none does.
func (r *Reporter) Last() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f, fails := r.failing[r.last]; fails {
		return f.err
	}
	for _, f := range r.failing {
		return f.err
	}
	return nil
}
