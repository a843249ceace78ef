package efo

import (
	"context"
	"errors"
	"time"
)

const (
	// quietRemoval is how long the removal of a consumer may take before kin announces it.
	quietRemoval = 2 * time.Second
	// announceAfterSignal is the latest moment of the announcement, counted from the signal that
	// ended the run. A second signal ends the process without a message if it comes a second or
	// more after the first.
	announceAfterSignal = 800 * time.Millisecond
)

// announceRemoval starts the timer of a removal that begins now. It calls announce at most once: if
// the removal takes longer than quietRemoval, or announceAfterSignal after the signal that ended
// run. The signal may come before or during the removal. The caller calls done when the removal has
// ended.
func announceRemoval(run context.Context, announce func()) (done func()) {
	finished := make(chan struct{})
	go func() {
		timer := time.NewTimer(quietRemoval)
		defer timer.Stop()
		start, runEnded := time.Now(), run.Done()
		for {
			select {
			case <-finished:
				return
			case <-runEnded:
				runEnded = nil
				if at, ok := stoppedAt(run); ok {
					timer.Reset(min(time.Until(start.Add(quietRemoval)), time.Until(at.Add(announceAfterSignal))))
				}
			case <-timer.C:
				announce()
				return
			}
		}
	}()
	return func() { close(finished) }
}

// stoppedAt returns the time of the signal that ended run. ok is false if no signal did.
func stoppedAt(run context.Context) (at time.Time, ok bool) {
	var stop interface{ StoppedAt() time.Time }
	if !errors.As(context.Cause(run), &stop) {
		return time.Time{}, false
	}
	return stop.StoppedAt(), true
}
