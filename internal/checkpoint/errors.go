package checkpoint

import (
	"fmt"
	"time"
)

// UnusableError means that a checkpoint cannot be used: it cannot be read, it
// is not one, it belongs to something else, or it cannot be locked. The file
// was left as it was.
type UnusableError struct {
	Path   string
	Reason string
	Next   string // what to do about it
}

func (e *UnusableError) Error() string {
	return fmt.Sprintf("checkpoint %s cannot be used: %s", e.Path, e.Reason)
}

// Unusable is true; it marks the error for those who do not import the type.
func (e *UnusableError) Unusable() bool { return true }

// Hint says what to do next.
func (e *UnusableError) Hint() string { return e.Next }

// Holder is who holds a checkpoint's lock.
type Holder struct {
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
}

// HeldError means that another run uses the checkpoint. Holder is zero when it
// could not be read.
type HeldError struct {
	Path   string
	Holder Holder
}

func (e *HeldError) Error() string {
	if e.Holder.PID == 0 {
		return fmt.Sprintf("checkpoint %s is held by another run", e.Path)
	}
	return fmt.Sprintf("checkpoint %s is held by process %d on %s since %s",
		e.Path, e.Holder.PID, e.Holder.Host, e.Holder.Started.UTC().Format(time.RFC3339))
}

// Held is true; it marks the error for those who do not import the type.
func (e *HeldError) Held() bool { return true }
