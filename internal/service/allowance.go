package service

import (
	"context"
	"sync"
	"time"
)

// Allowance is a time limit for all attempts of a call together. For a call with several
// pages, the limit starts again with each page that has new items. The zero Allowance has no
// limit.
type Allowance struct {
	limit time.Duration // 0 means no limit

	mu     sync.Mutex    // guards the following
	since  time.Time     // when the limit started
	spent  time.Duration // the part of limit that earlier calls used
	items  int           // the largest number of items of any attempt
	notice *time.Timer   // reports that the current attempt has no answer; nil without an attempt
}

// start returns when the limit started and how much of it earlier calls had used.
func (a *Allowance) start() (since time.Time, spent time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.since, a.spent
}

// Limit returns a copy of ctx that ends with the allowance. The caller must call the
// CancelFunc.
func (a *Allowance) Limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if a.limit <= 0 {
		return context.WithCancel(ctx)
	}
	since, spent := a.start()
	return context.WithDeadline(ctx, since.Add(a.limit-spent))
}

// End returns when the allowance or ctx ends, whichever is first. It returns false if neither
// has a limit. Allowance.Advanced moves it.
func (a *Allowance) End(ctx context.Context) (time.Time, bool) {
	limited, cancel := a.Limit(ctx)
	defer cancel()
	return limited.Deadline()
}

// Advanced notes the number of items that the current attempt has received. If it is larger
// than in any attempt before, the limit starts again.
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

// notify calls report once, ReportAfter after the allowance started. Advanced postpones it.
// stop cancels it and reports whether it was cancelled in time.
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
