//go:build unix

package checkpoint

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// dontFollow refuses symbolic links and does not wait for the other end of a FIFO. dontWait only
// does the latter.
const (
	dontFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK
	dontWait   = unix.O_NONBLOCK
)

// isLink reports whether open failed because of dontFollow and a symbolic link.
func isLink(err error) bool { return errors.Is(err, unix.ELOOP) || errors.Is(err, unix.EMLINK) }

// linkCount returns the number of hard links of a file.
func linkCount(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Nlink) //nolint:unconvert // its type differs between systems
	}
	return 1
}

// tryLock locks a file. It returns false if another descriptor holds the lock. Closing the file
// releases the lock.
func tryLock(f *os.File) (bool, error) {
	var err error
	conn, connErr := f.SyscallConn()
	if connErr != nil {
		return false, connErr
	}
	if connErr = conn.Control(func(fd uintptr) { err = unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB) }); connErr != nil { //nolint:gosec // a descriptor is a small number
		return false, connErr
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// isLockUnsupported reports whether err means that the file system has no locks.
func isLockUnsupported(err error) bool {
	return errors.Is(err, syscall.ENOLCK) || errors.Is(err, syscall.ENOTSUP) ||
		errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS)
}

// isLockedRegion returns false: locks are advisory here and never prevent a write.
func isLockedRegion(error) bool { return false }

// syncDir makes a rename in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil // this file system has no directory sync and needs none
	}
	return errors.Join(err, d.Close())
}
