package console

import (
	"fmt"
	"os"
	"syscall"
)

// The exit codes. `kin help exit-codes` describes them.
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

// ExitCode returns 128 plus the signal's number, as a shell does.
func (e SignalError) ExitCode() int {
	if s, ok := e.Signal.(syscall.Signal); ok {
		return 128 + int(s)
	}
	return ExitFailed
}

// UsageError reports wrong usage: of a flag, an argument, or a combination of them.
type UsageError struct {
	Message string
	Hint    string
}

func (e *UsageError) Error() string { return e.Message }

// Usage returns a *UsageError without a hint.
func Usage(format string, args ...any) error {
	return &UsageError{Message: fmt.Sprintf(format, args...)}
}

// UsageHint returns a *UsageError. The hint names the alternative.
func UsageHint(hint, format string, args ...any) error {
	return &UsageError{Message: fmt.Sprintf(format, args...), Hint: hint}
}

// ConditionError means that a condition that the user asked for does not hold, such as
// --expect.
type ConditionError struct{ Message string }

func (e *ConditionError) Error() string { return e.Message }

// SilentError ends a command with an exit code and prints nothing. The command has already
// printed the reason.
type SilentError struct{ Code int }

func (e SilentError) Error() string { return fmt.Sprintf("exit code %d", e.Code) }
