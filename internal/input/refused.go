package input

import "fmt"

// RefusedError is a choice of files that makes no sense.
type RefusedError struct{ message, hint string }

func (e *RefusedError) Error() string { return e.message }

// Hint says what to do next.
func (e *RefusedError) Hint() string { return e.hint }

// WrongUsage is true; it marks the error for those who do not import the type.
func (e *RefusedError) WrongUsage() bool { return true }

func refuse(format string, args ...any) error {
	return &RefusedError{message: fmt.Sprintf(format, args...)}
}

func refuseHint(hint, format string, args ...any) error {
	return &RefusedError{message: fmt.Sprintf(format, args...), hint: hint}
}
