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

// LostLockError means that a run no longer holds its checkpoint's lock: another
// run may use the checkpoint, and nothing was saved.
type LostLockError struct {
	Path, Lock string
	Err        error // what was found at its path; nil when that is another file
}

func (e *LostLockError) Error() string {
	became := "replaced"
	if e.Err != nil {
		became = "removed"
	}
	return fmt.Sprintf("lock file %s was %s while this run held it: another run may use checkpoint %s, and kin did not save it", e.Lock, became, e.Path)
}

func (e *LostLockError) Unwrap() error { return e.Err }

// Held is true; it marks the error for those who do not import the type.
func (e *LostLockError) Held() bool { return true }

// Hint says what to do next.
func (e *LostLockError) Hint() string {
	return "check that no other run uses the checkpoint, and run kin again; never remove a lock file while a run uses it"
}

// UnsavableError means that kin refused to write a checkpoint that it could not
// load again. The file was left as it was.
type UnsavableError struct {
	Path string
	Err  error
}

func (e *UnsavableError) Error() string {
	return fmt.Sprintf("checkpoint %s was not saved, and the file is unchanged: kin could not load it again: %s", e.Path, e.Err)
}

func (e *UnsavableError) Unwrap() error { return e.Err }
