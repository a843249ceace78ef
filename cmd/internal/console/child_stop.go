package console

import (
	"context"
	"errors"
	"os/exec"
	"syscall"
	"time"
)

// sameStop is how long after the end of a command kin waits for its own signal. A
// terminal and GNU timeout send one signal to kin and to its child, in any order.
const sameStop = 100 * time.Millisecond

// StopOf returns the cause of ctx if a signal has stopped the run and a signal has
// also ended the command whose error err is. Else it returns nil: the command has
// failed by itself.
func StopOf(ctx context.Context, err error) error {
	if !endedBySignal(err) {
		return nil
	}
	timer := time.NewTimer(sameStop)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	var s SignalError
	if cause := context.Cause(ctx); errors.As(cause, &s) {
		return cause
	}
	return nil
}

// endedBySignal reports whether a signal ended a command, or whether the command
// took a signal that stops and ended with its exit code, as a shell does.
func endedBySignal(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	if w, ok := exit.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return true
	}
	for _, s := range stopSignals {
		if exit.ExitCode() == 128+int(s) {
			return true
		}
	}
	return false
}
