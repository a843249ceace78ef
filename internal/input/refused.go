package input

import "fmt"

// refusedError is an invalid choice of files.
type refusedError struct{ message, hint string }

func (e *refusedError) Error() string { return e.message }

// Hint says what to do next.
func (e *refusedError) Hint() string { return e.hint }

// WrongUsage returns true. Callers can check for it without importing the type.
func (e *refusedError) WrongUsage() bool { return true }

func refuse(format string, args ...any) error {
	return &refusedError{message: fmt.Sprintf(format, args...)}
}

func refuseHint(hint, format string, args ...any) error {
	return &refusedError{message: fmt.Sprintf(format, args...), hint: hint}
}
