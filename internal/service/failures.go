package service

import (
	"log/slog"
	"time"
)

// Retries say how the calls of one run or one command are retried: those that change
// nothing.
type Retries struct {
	Reporter *Reporter
	For      time.Duration      // how long a call may fail in a row; 0 is for ever
	Passes   func(error) bool   // whether a failure passes, so that the call is retried
	About    func(error) string // the stream or shard that a failure is about; nil is none
	Backoff  Backoff            // of each call
	// Spent is how long calls before have taken that share the allowance of the next one. A
	// page with something new begins a whole one.
	Spent time.Duration
}

// NewRetries returns Retries for a command that reads nothing. report is called with a
// line about calls that have failed, or have had no answer, for 5 s: one line a minute
// for all of them. It may be called from several goroutines; nil reports nothing. A nil log
// discards.
func NewRetries(report func(string), log *slog.Logger) *Retries {
	reporter := NewReporter(ReportTo(report, log))
	return &Retries{Reporter: &reporter, Passes: Passes, Backoff: ReadBackoff()}
}

// ReadBackoff is the backoff of calls that read.
func ReadBackoff() Backoff { return Backoff{First: time.Second, Most: 5 * time.Second, Wide: true} }

// ReportTo is report or, without one, a line of the log; both may be nil.
func ReportTo(report func(string), log *slog.Logger) func(string) {
	switch {
	case report != nil:
		return report
	case log == nil:
		return func(string) {}
	}
	return func(message string) { log.Debug("call failed", "message", message) }
}

// Passes reports whether a call that changes nothing may pass later.
func Passes(err error) bool {
	switch ClassOf(err) {
	case Throttled, InUse, Transient, Expired, Unsent, Unanswered:
		return true
	}
	return false
}

// Failures count how often, and for how long, one call has failed in a row. They are
// for the goroutine that makes the call.
type Failures struct {
	retries *Retries
	back    Backoff
	since   time.Time     // of the first of them; zero when the last attempt passed
	spent   time.Duration // of most, before that
	// most bounds how long they may go on; 0 is for ever.
	most time.Duration
}

// NewFailures returns the failures of a call that has not been made yet.
func NewFailures(r *Retries) *Failures { return &Failures{retries: r, back: r.Backoff, most: r.For} }

// Attempts is how many attempts in a row have failed.
func (f *Failures) Attempts() int { return f.back.Attempts() }

// Over notes that an attempt passed.
func (f *Failures) Over() {
	f.back.Reset()
	if !f.since.IsZero() {
		f.since = time.Time{}
		f.retries.Reporter.Passed(f)
	}
}

// End notes that no more attempts follow, whatever came of the last one.
func (f *Failures) End() {
	if !f.since.IsZero() {
		f.since = time.Time{}
		f.retries.Reporter.Forget(f)
	}
}

// Count notes one more failure. It returns how long to wait before the next
// attempt, or a *GaveUpError.
func (f *Failures) Count(err error) (time.Duration, error) {
	now := time.Now()
	if f.since.IsZero() {
		f.since = now
	}
	lasted := now.Sub(f.since)
	if f.most > 0 && f.spent+lasted >= f.most {
		return 0, &GaveUpError{After: f.spent + lasted, Err: err}
	}
	f.report(err, lasted)
	wait := f.back.Next()
	if f.most > 0 {
		wait = min(wait, max(f.most-f.spent-lasted, 0))
	}
	return wait, nil
}

// report reports a failure of the call, when that is due.
func (f *Failures) report(err error, lasted time.Duration) {
	about := ""
	if f.retries.About != nil {
		about = f.retries.About(err)
	}
	f.retries.Reporter.Failed(f, about, err, lasted)
}

// awaiting reports an attempt that has no answer when the allowance has lasted for
// ReportAfter, with what the attempt before came to. The function that it returns is to
// be called when the attempt has ended.
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
			f.since, f.spent = a.begin() // so that its end is reported
		}
	}
}
