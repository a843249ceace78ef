package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// lockFile is the open and locked lock file beside a checkpoint. All operations use its descriptor,
// because the path may lead to another file later.
type lockFile struct {
	checkpoint string // path of the checkpoint
	path       string
	f          *os.File
}

// maxLockFileSize is the size of the largest lock file that kin reads, in bytes.
const maxLockFileSize = 4 << 10

// acquire locks the lock file beside path, or fails at once. A lock file that kin did not write is
// refused and not changed. Writing the holder would overwrite someone else's data.
func acquire(path string) (*lockFile, error) {
	l := &lockFile{checkpoint: path, path: path + ".lock"}
	const tries = 3 // the lock file may be removed after it was opened and before it is locked
	for range tries {
		if err := l.open(); err != nil {
			return nil, err
		}
		locked, err := l.lock()
		if err != nil {
			return nil, errors.Join(err, l.f.Close())
		}
		if !locked {
			return nil, errors.Join(&HeldError{Path: path, Holder: l.readHolder()}, l.f.Close())
		}
		if l.checkNotReplaced() == nil {
			if err := l.writeHolder(); err != nil {
				return nil, errors.Join(err, l.f.Close())
			}
			return l, nil
		}
		if err := l.f.Close(); err != nil {
			return nil, err
		}
	}
	return nil, &LostLockError{Path: path, Lock: l.path}
}

// open opens or creates the lock file. It follows no link, does not wait for the other end of a
// FIFO, and does not truncate.
func (l *lockFile) open() error {
	if info, err := os.Lstat(l.path); err == nil && !info.Mode().IsRegular() {
		return l.unusableError("is " + kindOf(info.Mode())) // opening a device may have side effects
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE|dontFollow, 0o600)
	if isLink(err) {
		return l.unusableError("is " + kindOf(fs.ModeSymlink))
	}
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	if !info.Mode().IsRegular() {
		return errors.Join(l.unusableError("is "+kindOf(info.Mode())), f.Close())
	}
	if n := linkCount(info); n > 1 {
		return errors.Join(l.unusableError(fmt.Sprintf("has %d names (hard links)", n)), f.Close())
	}
	l.f = f
	return nil
}

// lock locks the open file. It returns false if another run holds the lock.
func (l *lockFile) lock() (bool, error) {
	locked, err := tryLock(l.f)
	switch {
	case err != nil && isLockUnsupported(err):
		return false, &UnusableError{Path: l.checkpoint, Reason: "its file system cannot lock files (" + err.Error() + ")",
			Next: "keep the checkpoint on a local disk"}
	case err != nil:
		return false, &fs.PathError{Op: "lock", Path: l.path, Err: err}
	}
	return locked, nil
}

// unusableError returns the error for a lock file that cannot be used. The message continues with
// is, such as "is a directory".
func (l *lockFile) unusableError(is string) error {
	return &UnusableError{Path: l.checkpoint, Reason: fmt.Sprintf("its lock file %s %s; kin did not change it", l.path, is),
		Next: "move " + l.path + " away; kin creates a new lock file"}
}

// checkNotReplaced returns a *LostLockError if the path no longer leads to the locked file. A
// removed or replaced lock file no longer excludes other runs.
func (l *lockFile) checkNotReplaced() error {
	now, err := os.Lstat(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return &LostLockError{Path: l.checkpoint, Lock: l.path, Err: err}
	}
	if err != nil {
		return err
	}
	locked, err := l.f.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(locked, now) {
		return &LostLockError{Path: l.checkpoint, Lock: l.path}
	}
	return nil
}

// read returns the contents of the lock file, at most one byte more than maxLockFileSize.
func (l *lockFile) read() ([]byte, error) {
	return io.ReadAll(io.NewSectionReader(l.f, 0, maxLockFileSize+1))
}

// readHolder returns the holder in the lock file. It is zero if it cannot be read: the caller knows
// that the file is locked, and reports that without a name.
func (l *lockFile) readHolder() Holder {
	b, err := l.read()
	if err != nil {
		return Holder{}
	}
	h, _ := parseHolder(b)
	return h
}

// parseHolder parses a lock file. An empty file has no holder, and neither has a file of zeros,
// which a power cut may leave. ok is false if kin did not write the file.
func parseHolder(b []byte) (h Holder, ok bool) {
	if len(b) > maxLockFileSize {
		return Holder{}, false
	}
	unsigned := true
	for _, c := range b {
		unsigned = unsigned && c == 0
	}
	if unsigned {
		return Holder{}, true
	}
	if json.Unmarshal(b, &h) != nil || h.PID <= 0 {
		return Holder{}, false
	}
	return h, true
}

// writeHolder writes this process into the locked file, in place. A renamed lock file would lock
// nothing.
func (l *lockFile) writeHolder() error {
	before, err := l.read()
	if err != nil {
		if isLockedRegion(err) {
			return nil
		}
		return err
	}
	if _, ok := parseHolder(before); !ok {
		return l.unusableError("has contents that kin did not write")
	}
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("write lock file %s: %w", l.path, err)
	}
	b, err := json.Marshal(Holder{Host: host, PID: os.Getpid(), Started: time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return fmt.Errorf("write lock file %s: %w", l.path, err)
	}
	if err = l.f.Truncate(0); err == nil {
		_, err = l.f.WriteAt(append(b, '\n'), 0)
	}
	if isLockedRegion(err) {
		return nil
	}
	return err
}

// release unlocks the file; a second call does nothing. The lock file is not removed, because two
// runs could then lock two files of the same name.
func (l *lockFile) release() error {
	if err := l.f.Close(); !errors.Is(err, fs.ErrClosed) {
		return err
	}
	return nil
}

// kindOf names the type of an irregular file.
func kindOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&fs.ModeSymlink != 0:
		return "a symbolic link"
	case m&fs.ModeNamedPipe != 0:
		return "a FIFO"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "not a regular file"
}
