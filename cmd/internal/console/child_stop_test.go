//go:build unix

package console

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"kin/reader"
)

// A signal sent to kin and to its child stops the run. It does not matter which of them gets it
// first.
func TestFault10ASignalToKinAndItsChildIsAStop(t *testing.T) {
	const never = time.Hour
	for name, test := range map[string]struct {
		child string
		stop  time.Duration // delay of kin's signal after the child's end
		want  bool
	}{
		"the same signal, kin first":        {"kill -TERM $$", 0, true},
		"any stop signal, the child first":  {"kill -INT $$", 50 * time.Millisecond, true},
		"the exit code of the signal":       {"exit 143", 50 * time.Millisecond, true},
		"a signal to the child alone":       {"kill -TERM $$", never, false},
		"a signal, and a later stop of kin": {"kill -TERM $$", time.Second, false},
		"a failure while kin is stopping":   {"exit 3", 0, false},
		"a failure, and a stop after it":    {"exit 3", 50 * time.Millisecond, false},
		"the code of another signal":        {"exit 139", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := fmt.Errorf("wrapped: %w", exec.Command("/bin/sh", "-c", test.child).Run())
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				stop := func() { cancel(&firstSignalError{SignalError{Signal: syscall.SIGTERM}, time.Now()}) }
				if test.stop == 0 {
					stop()
				} else {
					timer := time.AfterFunc(test.stop, stop)
					defer timer.Stop()
				}
				var s SignalError
				if got := errors.As(StopOf(ctx, err), &s); got != test.want {
					t.Errorf("a stop: %t, want %t", got, test.want)
				}
			})
		})
	}
}

// StopOf returns the cause of ctx only if that is a signal.
func TestFault10StopOfIgnoresATimeout(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(&reader.TimeoutError{After: time.Second})
	if err := StopOf(ctx, exec.Command("/bin/sh", "-c", "kill -TERM $$").Run()); err != nil {
		t.Errorf("got %v", err)
	}
}
