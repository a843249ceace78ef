package service

import (
	"fmt"
	"sync"
	"time"

	"github.com/xhit/go-str2duration/v2"
)

const (
	// ReportAfter is how long a call fails, or has no answer, before it is reported.
	ReportAfter = 5 * time.Second
	// ReportEvery is the shortest time between two reports.
	ReportEvery = time.Minute
)

// Reporter reports calls that keep failing: at most one line a minute for all of them
// together. It also reports when they succeed again. It is safe for concurrent use.
type Reporter struct {
	Report func(string) // never called with the lock held: it may block
	// Doing is the word before "again after 12s" in the report of the end, such as "reading".
	// It is used if all reported failures were throttling or similar refusals. Otherwise, and
	// if Doing is empty, the word is "connected".
	Doing string
	// IsQuiet reports whether a failure is reported elsewhere. nil means that none is.
	IsQuiet func(error) bool

	mu       sync.Mutex         // guards the following
	failing  map[any]failedCall // calls whose last attempt failed
	last     any                // the key of the call that failed last
	since    time.Time          // when the current failures began; zero if there are none
	reported time.Time          // when a line was last reported
	about    string             // stream or shard of the current failures; empty for several
	known    bool               // a line about the current failures was reported
	broken   bool               // such a line was about a failure other than throttling
	lasting  int                // number of calls in failing that are not quiet
}

// failedCall is a call whose last attempt failed.
type failedCall struct {
	err   error
	quiet bool // the failure is reported elsewhere
	// since is when the first failure began that is not quiet. It is zero while the call is
	// quiet.
	since time.Time
}

// NewReporter returns a Reporter for calls that read. It ignores the read limit of shards,
// which the caller reports with another message.
func NewReporter(report func(string)) Reporter {
	return Reporter{Report: report, Doing: "reading", IsQuiet: IsShardLimit}
}

// NoAnswer returns the error for an attempt that has had no answer for ReportAfter.
func NoAnswer() error { return fmt.Errorf("no answer from the service for %s", ReportAfter) }

// Failed notes that an attempt of a call failed. key identifies the call. about is its stream
// or shard, for the report of the end; it may be empty. lasted is how long the call has been
// failing. Only the first failure of a call uses it.
func (r *Reporter) Failed(key any, about string, err error, lasted time.Duration) {
	if message := r.Note(key, about, err, lasted); message != "" {
		r.Report(message)
	}
}

// Passed notes that a call succeeded. If failures were reported and no call fails any longer,
// it reports the end.
func (r *Reporter) Passed(key any) {
	if message := r.NotePassed(key); message != "" {
		r.Report(message)
	}
}

// Forget notes that a call is not made again. It reports nothing.
func (r *Reporter) Forget(key any) { r.drop(key, false) }

// NotePassed is like Passed, but it returns the message and does not report it. The message is
// empty if there is none.
func (r *Reporter) NotePassed(key any) string { return r.drop(key, true) }

// Note is like Failed, but it returns the message and does not report it. The message is empty
// if there is none.
func (r *Reporter) Note(key any, about string, err error, lasted time.Duration) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failing == nil {
		r.failing = map[any]failedCall{}
	}
	now := time.Now()
	before, known := r.failing[key]
	lasting := known && !before.quiet
	f := failedCall{err: err, quiet: r.IsQuiet != nil && r.IsQuiet(err)}
	switch {
	case f.quiet:
	case lasting:
		f.since = before.since
	case known: // all failures until now were quiet
		f.since = now
	default:
		f.since = now.Add(-lasted)
	}
	r.failing[key], r.last = f, key
	if f.quiet && lasting {
		return r.settled(true) // a quiet failure is an answer of the service
	} else if f.quiet {
		return ""
	}
	lasted = now.Sub(f.since) // not every caller passes the right lasted
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
	before, known := r.failing[key]
	delete(r.failing, key)
	if !known || before.quiet {
		return ""
	}
	return r.settled(passed)
}

// settled notes that one call no longer has a failure that is not quiet. It returns the
// message to report, or "". The caller holds the lock.
func (r *Reporter) settled(passed bool) string {
	if r.lasting--; r.lasting > 0 {
		return ""
	}
	message := ""
	if passed && r.known {
		state := "connected"
		if !r.broken && r.Doing != "" {
			state = r.Doing
		}
		message = fmt.Sprintf("%s again after %s", state, str2duration.String(max(time.Second, time.Since(r.since).Round(time.Second))))
		if r.about != "" {
			message = r.about + ": " + message
		}
	}
	r.since, r.known, r.broken, r.about = time.Time{}, false, false, ""
	return message
}

// Last returns the latest failure of a call that still fails, or nil if none does.
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
