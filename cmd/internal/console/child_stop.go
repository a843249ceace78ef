package console

import (
	"context"
	"errors"
	"os/exec"
	"syscall"
	"time"
)

// childStopWait is how long kin waits for its own signal after its child was ended by one.
// A terminal and GNU timeout send one signal to kin and to its child, in any order.
const childStopWait = 100 * time.Millisecond

// StopOf decides why a command failed with err. It returns the cause of ctx if a signal
// ended the command and a signal also stopped the run. Otherwise the command failed by
// itself, and StopOf returns nil.
func StopOf(ctx context.Context, err error) error {
	if !endedBySignal(err) {
		return nil
	}
	timer := time.NewTimer(childStopWait)
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

// endedBySignal reports whether a signal ended a command. That includes a command that
// caught a stop signal and exited with 128 plus its number, as a shell does.
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
