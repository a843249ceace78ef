package service

import (
	"log/slog"
	"time"
)

// Retries is the retry policy for the calls of one run or one command that change nothing.
type Retries struct {
	Reporter *Reporter
	For      time.Duration      // how long a call may keep failing; 0 means no limit
	Passes   func(error) bool   // reports whether a call is retried after a failure
	About    func(error) string // returns the stream or shard of a failure; nil means none
	Backoff  Backoff            // of each call
	// Spent is the time that earlier calls took from the limit of the next call. A page with
	// new items restores the whole limit.
	Spent time.Duration
}

// NewRetries returns Retries for a command that does not read records. report receives a line
// about calls that failed, or had no answer, for 5 s. It receives at most one line a minute
// for all calls together, and may be called from several goroutines. If it is nil, the lines
// go to log at debug level. If both are nil, they are discarded.
func NewRetries(report func(string), log *slog.Logger) *Retries {
	reporter := NewReporter(ReportTo(report, log))
	return &Retries{Reporter: &reporter, Passes: Passes, Backoff: ReadBackoff()}
}

// ReadBackoff returns the backoff for calls that read.
func ReadBackoff() Backoff { return Backoff{First: time.Second, Most: 5 * time.Second, Wide: true} }

// ReportTo returns report. If report is nil, it returns a function that writes to log at debug
// level. If both are nil, that function does nothing.
func ReportTo(report func(string), log *slog.Logger) func(string) {
	switch {
	case report != nil:
		return report
	case log == nil:
		return func(string) {}
	}
	return func(message string) { log.Debug("call failed", "message", message) }
}

// Passes reports whether a retry of a call that changes nothing may succeed.
func Passes(err error) bool {
	switch ClassOf(err) {
	case Throttled, InUse, Transient, Expired, Unsent, Unanswered:
		return true
	}
	return false
}

// Failures counts the failed attempts of one call in a row and how long they last. Only the
// goroutine that makes the call may use it.
type Failures struct {
	retries *Retries
	back    Backoff
	since   time.Time     // of the first failure; zero if the last attempt succeeded
	spent   time.Duration // the part of limit that was used before since
	limit   time.Duration // how long the call may keep failing; 0 means no limit
}

// NewFailures returns the Failures of a call that has not been made yet.
func NewFailures(r *Retries) *Failures { return &Failures{retries: r, back: r.Backoff, limit: r.For} }

// Attempts returns the number of failed attempts in a row.
func (f *Failures) Attempts() int { return f.back.Attempts() }

// Succeeded notes that an attempt succeeded.
func (f *Failures) Succeeded() {
	f.back.Reset()
	if !f.since.IsZero() {
		f.since = time.Time{}
		f.retries.Reporter.Passed(f)
	}
}

// End notes that no more attempts follow, even if the last one failed.
func (f *Failures) End() {
	if !f.since.IsZero() {
		f.since = time.Time{}
		f.retries.Reporter.Forget(f)
	}
}

// Count notes a failed attempt. It returns the wait before the next attempt, or a *GaveUpError
// if the limit is reached.
func (f *Failures) Count(err error) (time.Duration, error) {
	now := time.Now()
	if f.since.IsZero() {
		f.since = now
	}
	lasted := now.Sub(f.since)
	if f.limit > 0 && f.spent+lasted >= f.limit {
		return 0, &GaveUpError{After: f.spent + lasted, Err: err}
	}
	f.report(err, lasted)
	wait := f.back.Next()
	if f.limit > 0 {
		wait = min(wait, max(f.limit-f.spent-lasted, 0))
	}
	return wait, nil
}

// report passes a failure to the Reporter, which reports it if it is due.
func (f *Failures) report(err error, lasted time.Duration) {
	about := ""
	if f.retries.About != nil {
		about = f.retries.About(err)
	}
	f.retries.Reporter.Failed(f, about, err, lasted)
}

// awaiting reports the current attempt if it has no answer ReportAfter after the start of a.
// It reports last, the error of the previous attempt, or NoAnswer if last is nil. The caller
// must call answered when the attempt has ended.
func (f *Failures) awaiting(a *Allowance, last error, named func(error) error) (answered func()) {
	if last == nil {
		last = named(NoAnswer())
	}
	noted := make(chan struct{})
	stop := a.notify(func() {
		defer close(noted)
		f.report(last, ReportAfter)
	})
	return func() {
		if !stop() {
			<-noted
			f.since, f.spent = a.start() // so that the end of the failures is reported
		}
	}
}
