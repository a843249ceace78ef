package checkpoint

import (
	"errors"

	"golang.org/x/sys/windows"
)

// cannotLock says whether err means that the file system has no locks.
func cannotLock(err error) bool {
	return errors.Is(err, windows.ERROR_NOT_SUPPORTED) || errors.Is(err, windows.ERROR_INVALID_FUNCTION)
}

// lockedRegion says whether err means that the lock itself forbids the write:
// locks are mandatory here, for the process that holds them too, so the lock
// file stays unsigned.
func lockedRegion(err error) bool { return errors.Is(err, windows.ERROR_LOCK_VIOLATION) }

// syncDir does nothing: a rename is durable with the file here.
func syncDir(string) error { return nil }
