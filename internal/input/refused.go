package input

import "fmt"

// refusedError is a choice of files that makes no sense.
type refusedError struct{ message, hint string }

func (e *refusedError) Error() string { return e.message }

// Hint says what to do next.
func (e *refusedError) Hint() string { return e.hint }

// WrongUsage is true; it marks the error for those who do not import the type.
func (e *refusedError) WrongUsage() bool { return true }

func refuse(format string, args ...any) error {
	return &refusedError{message: fmt.Sprintf(format, args...)}
}

func refuseHint(hint, format string, args ...any) error {
	return &refusedError{message: fmt.Sprintf(format, args...), hint: hint}
}
