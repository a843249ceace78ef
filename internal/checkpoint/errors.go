package checkpoint

import (
	"fmt"
	"time"
)

// UnusableError means that a checkpoint cannot be used. It cannot be read or locked, is not a
// checkpoint, or belongs to something else. The file was not changed.
type UnusableError struct {
	Path   string
	Reason string
	Next   string // the next step for the user
}

func (e *UnusableError) Error() string {
	return fmt.Sprintf("checkpoint %s cannot be used: %s", e.Path, e.Reason)
}

// Unusable returns true. It marks the error for callers that do not import this package.
func (e *UnusableError) Unusable() bool { return true }

// Hint returns the next step for the user.
func (e *UnusableError) Hint() string { return e.Next }

// Holder is the process that holds the lock of a checkpoint.
type Holder struct {
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
}

// HeldError means that another run uses the checkpoint. Holder is zero if the lock file could not
// be read.
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

// Held returns true. It marks the error for callers that do not import this package.
func (e *HeldError) Held() bool { return true }

// LostLockError means that the run has lost the lock of its checkpoint. Another run may use the
// checkpoint. Nothing was saved.
type LostLockError struct {
	Path, Lock string
	Err        error // error at the path of the lock file; nil if another file is there
}

func (e *LostLockError) Error() string {
	became := "replaced"
	if e.Err != nil {
		became = "removed"
	}
	return fmt.Sprintf("lock file %s was %s while this run held it: another run may use checkpoint %s, and kin did not save it", e.Lock, became, e.Path)
}

func (e *LostLockError) Unwrap() error { return e.Err }

// Held returns true. It marks the error for callers that do not import this package.
func (e *LostLockError) Held() bool { return true }

// Hint returns the next step for the user.
func (e *LostLockError) Hint() string {
	return "check that no other run uses the checkpoint, and run kin again; never remove a lock file while a run uses it"
}

// UnsavableError means that kin refused to save a checkpoint that it could not load again. The file
// was not changed.
type UnsavableError struct {
	Path string
	Err  error
}

func (e *UnsavableError) Error() string {
	return fmt.Sprintf("checkpoint %s was not saved and is unchanged, because the new contents are invalid: %s", e.Path, e.Err)
}

func (e *UnsavableError) Unwrap() error { return e.Err }
