package service

import "time"

// Failures count how often, and for how long, one call has failed in a row. They are
// for the goroutine that makes the call.
type Failures struct {
	retries *Retries
	back    Backoff
	since   time.Time // of the first of them; zero when the last attempt passed
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
	if f.most > 0 && lasted >= f.most {
		return 0, &GaveUpError{After: lasted, Err: err}
	}
	f.report(err, lasted)
	wait := f.back.Next()
	if f.most > 0 {
		wait = min(wait, max(f.most-lasted, 0))
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
			f.since = a.begin() // so that its end is reported
		}
	}
}
