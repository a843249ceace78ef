package efo

import (
	"context"
	"errors"
	"time"
)

const (
	// usualRemoval is how long the removal of a consumer may take without a message.
	usualRemoval = 2 * time.Second
	// beforeSecondSignal is how long after a signal a removal is announced at the
	// latest. From one second on, a second signal ends the process with no message.
	beforeSecondSignal = 800 * time.Millisecond
)

// announceRemoval calls announce, once, if a removal that begins now lasts longer
// than usual, or up to beforeSecondSignal after the signal that ends run. That signal
// may come before or during the removal. The caller calls done at its end.
func announceRemoval(run context.Context, announce func()) (done func()) {
	over := make(chan struct{})
	go func() {
		timer := time.NewTimer(usualRemoval)
		defer timer.Stop()
		began, ended := time.Now(), run.Done()
		for {
			select {
			case <-over:
				return
			case <-ended:
				ended = nil
				if at, ok := stoppedAt(run); ok {
					timer.Reset(min(time.Until(began.Add(usualRemoval)), time.Until(at.Add(beforeSecondSignal))))
				}
			case <-timer.C:
				announce()
				return
			}
		}
	}()
	return func() { close(over) }
}

// stoppedAt returns when the signal came that ended run, if one did.
func stoppedAt(run context.Context) (at time.Time, ok bool) {
	var stop interface{ StoppedAt() time.Time }
	if !errors.As(context.Cause(run), &stop) {
		return time.Time{}, false
	}
	return stop.StoppedAt(), true
}
