//go:build unix

package checkpoint

import (
	"errors"
	"os"
	"syscall"
)

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
