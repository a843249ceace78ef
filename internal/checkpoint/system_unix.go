//go:build unix

package checkpoint

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// dontFollow opens no symbolic link, and does not wait for the other end of a
// FIFO. dontWait does only the latter.
const (
	dontFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK
	dontWait   = unix.O_NONBLOCK
)

// isLink reports whether opening with dontFollow met a symbolic link.
func isLink(err error) bool { return errors.Is(err, unix.ELOOP) || errors.Is(err, unix.EMLINK) }

// links is how many names a file has.
func links(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Nlink) //nolint:unconvert // its type differs between systems
	}
	return 1
}

// tryLock locks a file, unless another descriptor holds the lock. The lock ends
// when the file is closed.
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

// cannotLock says whether err means that the file system has no locks.
func cannotLock(err error) bool {
	return errors.Is(err, syscall.ENOLCK) || errors.Is(err, syscall.ENOTSUP) ||
		errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS)
}

// lockedRegion is false: locks are advisory here, and do not stop a write.
func lockedRegion(error) bool { return false }

// syncDir makes a rename in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil // this file system has no such thing, and needs none
	}
	return errors.Join(err, d.Close())
}
