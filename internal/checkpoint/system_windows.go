package checkpoint

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// dontFollow opens a link itself, and not what it leads to. A file has nothing
// to wait for here.
const (
	dontFollow = windows.FILE_FLAG_OPEN_REPARSE_POINT
	dontWait   = 0
)

// isLink is false: the opened file shows what it is.
func isLink(error) bool { return false }

// links is not known: a file's names are not part of what Stat returns here.
func links(fs.FileInfo) uint64 { return 1 }

// tryLock locks a file, unless another descriptor holds the lock. The lock ends
// when the file is closed.
func tryLock(f *os.File) (bool, error) {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil
	}
	return err == nil, err
}

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
