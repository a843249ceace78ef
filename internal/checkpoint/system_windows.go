package checkpoint

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// dontFollow opens a link itself instead of its target. Opening a file never waits here.
const (
	dontFollow = windows.FILE_FLAG_OPEN_REPARSE_POINT
	dontWait   = 0
)

// isLink returns false: the mode of the opened file shows a link.
func isLink(error) bool { return false }

// linkCount returns 1: Stat does not return the number of links here.
func linkCount(fs.FileInfo) uint64 { return 1 }

// tryLock locks a file. It returns false if another descriptor holds the lock. Closing the file
// releases the lock.
func tryLock(f *os.File) (bool, error) {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil
	}
	return err == nil, err
}

// isLockUnsupported reports whether err means that the file system has no locks.
func isLockUnsupported(err error) bool {
	return errors.Is(err, windows.ERROR_NOT_SUPPORTED) || errors.Is(err, windows.ERROR_INVALID_FUNCTION)
}

// isLockedRegion reports whether the lock itself prevents the write. Locks are mandatory here, even
// for the process that holds them, so the lock file has no holder.
func isLockedRegion(err error) bool { return errors.Is(err, windows.ERROR_LOCK_VIOLATION) }

// syncDir does nothing: a rename is durable together with the file here.
func syncDir(string) error { return nil }
