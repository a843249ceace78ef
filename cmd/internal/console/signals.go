package console

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// duplicateWindow is how long after a signal others are ignored, whatever their
// kind. Supervisors deliver one stop twice: GNU timeout sends SIGTERM to its
// child and then to the child's group, systemd can add SIGHUP, and a terminal
// sends SIGINT to everybody in the foreground.
const duplicateWindow = time.Second

// stopSignals are the signals that stop a run. SIGQUIT is one, and does not print
// Go's goroutines the first time: a consumer would stay registered, and be billed.
var stopSignals = []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM}

// SignalContext returns a context that the first of stopSignals cancels, with a
// SignalError as its cause. A signal that the process was started with ignored, as
// by nohup, stays ignored. Duplicates of the first signal are
// ignored. After that the system's default action is back, so that the next
// signal ends the process at once. release gives the signals back before.
func SignalContext(parent context.Context) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := notifyStops()
	over := make(chan struct{})
	go func() {
		defer signal.Stop(signals)
		cancelOnce(cancel, signals, over)
	}()
	return ctx, func() {
		close(over)
		cancel(nil)
	}
}

// notifyStops returns a channel for the signals that stop a run. signal.Stop
// gives them back.
func notifyStops() chan os.Signal {
	signals := make(chan os.Signal, 1)
	for _, s := range stopSignals {
		if !signal.Ignored(s) { // nohup
			signal.Notify(signals, s)
		}
	}
	return signals
}

// firstSignalError is a SignalError that knows when the signal came.
type firstSignalError struct {
	SignalError
	at time.Time
}

func (s *firstSignalError) Unwrap() error { return s.SignalError }

// StoppedAt is when the signal came. Package efo asks for it.
func (s *firstSignalError) StoppedAt() time.Time { return s.at }

// cancelOnce cancels with the first signal and takes its duplicates. It returns
// when they are over, or when over is closed.
func cancelOnce(cancel context.CancelCauseFunc, signals <-chan os.Signal, over <-chan struct{}) {
	select {
	case s := <-signals:
		cancel(&firstSignalError{SignalError{Signal: s}, time.Now()})
		dropDuplicates(signals, over)
	case <-over:
	}
}

// dropDuplicates drops signals for duplicateWindow, or until over is closed.
func dropDuplicates(signals <-chan os.Signal, over <-chan struct{}) {
	timer := time.NewTimer(duplicateWindow)
	defer timer.Stop()
	for {
		select {
		case <-signals:
		case <-timer.C:
			return
		case <-over:
			return
		}
	}
}

// stopCount decides which signals are stops of their own, behind a first one. Its
// zero value has not had the first signal yet.
type stopCount struct {
	last time.Time // the last signal that was a stop of its own
}

// stopsBehind returns the count behind the signal that ended ctx, if one did.
func stopsBehind(ctx context.Context) stopCount {
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

// counts reports whether a signal at a time is a further stop: neither the first
// one nor a duplicate.
func (c *stopCount) counts(at time.Time) bool {
	if !c.last.IsZero() && at.Sub(c.last) < duplicateWindow {
		return false
	}
	further := !c.last.IsZero()
	c.last = at
	return further
}
