package console

import (
	"fmt"
	"os"
	"syscall"
)

// The exit codes. `kin help exit-codes` prints them for people.
const (
	ExitOK         = 0
	ExitFailed     = 1
	ExitUsage      = 2
	ExitNotFound   = 3
	ExitDenied     = 4
	ExitGaveUp     = 5
	ExitCheckpoint = 6
	ExitCondition  = 7
	ExitHeld       = 8
)

// SignalError is the cause of a context that a signal cancelled.
type SignalError struct{ Signal os.Signal }

func (e SignalError) Error() string { return "stopped by " + e.Signal.String() }

// ExitCode is 128 plus the signal's number, as a shell reports it.
func (e SignalError) ExitCode() int {
	if s, ok := e.Signal.(syscall.Signal); ok {
		return 128 + int(s)
	}
	return ExitFailed
}

// UsageError is wrong usage: a flag, an argument, a combination of them.
type UsageError struct {
	Message string
	Hint    string
}

func (e *UsageError) Error() string { return e.Message }

// Usage is the error of wrong usage.
func Usage(format string, args ...any) error {
	return &UsageError{Message: fmt.Sprintf(format, args...)}
}

// UsageHint is usage with a second line that says what to do instead.
func UsageHint(hint, format string, args ...any) error {
	return &UsageError{Message: fmt.Sprintf(format, args...), Hint: hint}
}

// ConditionError means that a condition the user asked for does not hold.
type ConditionError struct{ Message string }

func (e *ConditionError) Error() string { return e.Message }

// SilentError ends a command with a code and says nothing: what there is to
// say has been said.
type SilentError struct{ Code int }

func (e SilentError) Error() string { return fmt.Sprintf("exit code %d", e.Code) }
