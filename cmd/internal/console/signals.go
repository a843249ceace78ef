package console

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// duplicateWindow is how long after a signal kin ignores others of any kind. Supervisors
// often deliver one stop twice. GNU timeout sends SIGTERM to its child and then to the
// child's group, and systemd can add SIGHUP. A terminal sends SIGINT to all processes in
// the foreground.
const duplicateWindow = time.Second

// stopSignals are the signals that stop a run. The first SIGQUIT stops a run like the
// others, without printing Go's goroutines. Otherwise a stream consumer would stay
// registered, and be billed.
var stopSignals = []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM}

// SignalContext returns a context that the first of stopSignals cancels, with a SignalError
// as its cause. Signals within duplicateWindow after the first are ignored. Then the
// system's default action applies again, so that the next signal ends the process at once.
//
// A signal that was ignored when the process started, as with nohup, stays ignored. release
// restores the default action earlier and cancels the context.
func SignalContext(parent context.Context) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := notifyStops()
	done := make(chan struct{})
	go func() {
		defer signal.Stop(signals)
		cancelOnce(cancel, signals, done)
	}()
	return ctx, func() {
		close(done)
		cancel(nil)
	}
}

// notifyStops returns a channel that receives the signals that stop a run. The caller ends
// that with signal.Stop.
func notifyStops() chan os.Signal {
	signals := make(chan os.Signal, 1)
	for _, s := range stopSignals {
		if !signal.Ignored(s) { // nohup
			signal.Notify(signals, s)
		}
	}
	return signals
}

// firstSignalError is a SignalError with the time of the signal.
type firstSignalError struct {
	SignalError
	at time.Time
}

func (s *firstSignalError) Unwrap() error { return s.SignalError }

// StoppedAt returns when the signal came. Package efo calls it.
func (s *firstSignalError) StoppedAt() time.Time { return s.at }

// cancelOnce cancels with the first signal and drops its duplicates. It returns after
// duplicateWindow, or when done is closed.
func cancelOnce(cancel context.CancelCauseFunc, signals <-chan os.Signal, done <-chan struct{}) {
	select {
	case s := <-signals:
		cancel(&firstSignalError{SignalError{Signal: s}, time.Now()})
		dropDuplicates(signals, done)
	case <-done:
	}
}

// dropDuplicates drops signals for duplicateWindow, or until done is closed. A nil done is
// never closed.
func dropDuplicates(signals <-chan os.Signal, done <-chan struct{}) {
	timer := time.NewTimer(duplicateWindow)
	defer timer.Stop()
	for {
		select {
		case <-signals:
		case <-timer.C:
			return
		case <-done:
			return
		}
	}
}

// stopCount distinguishes further stop signals from duplicates of the one before. The zero
// value has not seen a signal.
type stopCount struct {
	last time.Time // the last signal that was no duplicate
}

// countStops returns a stopCount that has seen the signal that ended ctx, if one did.
func countStops(ctx context.Context) stopCount {
	var timed *firstSignalError
	var untimed SignalError
	switch cause := context.Cause(ctx); {
	case errors.As(cause, &timed):
		return stopCount{last: timed.at}
	case errors.As(cause, &untimed):
		return stopCount{last: time.Now()}
	}
	return stopCount{}
}

// counts reports whether a signal at this time is a further stop: neither the first signal
// nor a duplicate.
func (c *stopCount) counts(at time.Time) bool {
	if !c.last.IsZero() && at.Sub(c.last) < duplicateWindow {
		return false
	}
	further := !c.last.IsZero()
	c.last = at
	return further
}
