package cmd

import (
	"fmt"
	"os"
	"syscall"
)

// The exit codes. `kin help exit-codes` prints them for people.
const (
	exitOK         = 0
	exitFailed     = 1
	exitUsage      = 2
	exitNotFound   = 3
	exitDenied     = 4
	exitGaveUp     = 5
	exitCheckpoint = 6
	exitCondition  = 7
	exitHeld       = 8
)

// SignalError is the cause of a context that a signal cancelled.
type SignalError struct{ Signal os.Signal }

func (e SignalError) Error() string { return "stopped by " + e.Signal.String() }

// exitCode is 128 plus the signal's number, as a shell reports it.
func (e SignalError) exitCode() int {
	if s, ok := e.Signal.(syscall.Signal); ok {
		return 128 + int(s)
	}
	return exitFailed
}

// usageError is wrong usage: a flag, an argument, a combination of them.
type usageError struct {
	message string
	hint    string
}

func (e *usageError) Error() string { return e.message }

func usage(format string, args ...any) error {
	return &usageError{message: fmt.Sprintf(format, args...)}
}

// usageHint is usage with a second line that says what to do instead.
func usageHint(hint, format string, args ...any) error {
	return &usageError{message: fmt.Sprintf(format, args...), hint: hint}
}

// conditionError means that a condition the user asked for does not hold.
type conditionError struct{ message string }

func (e *conditionError) Error() string { return e.message }

// silentError ends a command with a code and says nothing: what there is to
// say has been said.
type silentError struct{ code int }

func (e silentError) Error() string { return fmt.Sprintf("exit code %d", e.code) }
