package service

import (
	"context"
	"sync"
	"time"
)

// Allowance is the time that a call may take with all its attempts. A call of several
// pages begins it anew with each page that brought something new. The zero Allowance has
// no end.
type Allowance struct {
	most time.Duration // 0 is for ever

	mu     sync.Mutex // guards the following
	since  time.Time
	spent  time.Duration // of most, by calls before this one
	items  int           // most that an attempt has had
	notice *time.Timer   // reports that the attempt under way has no answer; nil without one
}

// begin is the time that the allowance counts from, and how much of it was spent then.
func (a *Allowance) begin() (since time.Time, spent time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.since, a.spent
}

// Limit is ctx until the end of the allowance.
func (a *Allowance) Limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if a.most <= 0 {
		return context.WithCancel(ctx)
	}
	since, spent := a.begin()
	return context.WithDeadline(ctx, since.Add(a.most-spent))
}

// End is when the allowance, or ctx, ends; false is never. A page that brings something
// new moves it.
func (a *Allowance) End(ctx context.Context) (time.Time, bool) {
	limited, cancel := a.Limit(ctx)
	defer cancel()
	return limited.Deadline()
}

// Advanced notes that an attempt has so many items by now. What an attempt before had
// already is nothing new.
func (a *Allowance) Advanced(items int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if items <= a.items {
		return
	}
	a.items, a.since, a.spent = items, time.Now(), 0
	if a.notice != nil && a.notice.Stop() {
		a.notice.Reset(ReportAfter)
	}
}

// notify calls report when the allowance has lasted for ReportAfter. stop reports whether
// that will not happen any more.
func (a *Allowance) notify(report func()) (stop func() bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	timer := time.AfterFunc(time.Until(a.since.Add(ReportAfter)), report)
	a.notice = timer
	return func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.notice = nil
		return timer.Stop()
	}
}
