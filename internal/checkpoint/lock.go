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

// lockFile is the lock file beside a checkpoint, opened and locked. Everything
// goes through that one descriptor: a path may lead elsewhere a moment later.
type lockFile struct {
	checkpoint string // the path of the file that it guards
	path       string
	f          *os.File
}

// mostSignature is the size of the largest lock file that kin reads, in bytes.
const mostSignature = 4 << 10

// acquire takes the lock beside path, or fails at once. A lock file that is not
// a plain file of kin's own is refused and left as it was: signing it would
// overwrite what somebody else keeps there.
func acquire(path string) (*lockFile, error) {
	l := &lockFile{checkpoint: path, path: path + ".lock"}
	const tries = 3 // a lock file can be removed between being opened and being locked
	for range tries {
		if err := l.open(); err != nil {
			return nil, err
		}
		locked, err := l.lock()
		if err != nil {
			return nil, errors.Join(err, l.f.Close())
		}
		if !locked {
			return nil, errors.Join(&HeldError{Path: path, Holder: l.holder()}, l.f.Close())
		}
		if l.stillThere() == nil {
			if err := l.sign(); err != nil {
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

// open opens the lock file, which it creates if it is not there. It follows no
// link, does not wait for the other end of a FIFO, and cuts nothing off.
func (l *lockFile) open() error {
	if info, err := os.Lstat(l.path); err == nil && !info.Mode().IsRegular() {
		return l.refuse("is " + kindOf(info.Mode())) // opening a device may do something
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE|dontFollow, 0o600)
	if isLink(err) {
		return l.refuse("is " + kindOf(fs.ModeSymlink))
	}
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	if !info.Mode().IsRegular() {
		return errors.Join(l.refuse("is "+kindOf(info.Mode())), f.Close())
	}
	if n := links(info); n > 1 {
		return errors.Join(l.refuse(fmt.Sprintf("has %d names (hard links)", n)), f.Close())
	}
	l.f = f
	return nil
}

// lock locks the opened file, unless another run holds it.
func (l *lockFile) lock() (bool, error) {
	locked, err := tryLock(l.f)
	switch {
	case err != nil && cannotLock(err):
		return false, &UnusableError{Path: l.checkpoint, Reason: "its file system cannot lock files (" + err.Error() + ")",
			Next: "keep the checkpoint on a local disk"}
	case err != nil:
		return false, &fs.PathError{Op: "lock", Path: l.path, Err: err}
	}
	return locked, nil
}

// refuse is the error for a lock file that cannot be used.
func (l *lockFile) refuse(is string) error {
	return &UnusableError{Path: l.checkpoint, Reason: fmt.Sprintf("its lock file %s %s; kin left it as it was", l.path, is),
		Next: "move " + l.path + " away; kin makes a new lock file"}
}

// stillThere checks that the path still leads to the locked file. A run whose
// lock file was removed or replaced no longer keeps others out.
func (l *lockFile) stillThere() error {
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

// read returns what the lock file says, whole unless it is larger than any that
// kin wrote.
func (l *lockFile) read() ([]byte, error) {
	return io.ReadAll(io.NewSectionReader(l.f, 0, mostSignature+1))
}

// holder reads who signed the lock file. What cannot be read is nobody: the
// caller knows that the file is held, and reports that without a name.
func (l *lockFile) holder() Holder {
	b, err := l.read()
	if err != nil {
		return Holder{}
	}
	h, _ := parseHolder(b)
	return h
}

// parseHolder reads a lock file's contents. An empty file, and the zeros that a
// power cut leaves, are an unsigned lock file; ok is false for what is no lock
// file of kin.
func parseHolder(b []byte) (h Holder, ok bool) {
	if len(b) > mostSignature {
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

// sign writes this process's name into the locked file, in place: a lock file
// that is renamed locks nothing.
func (l *lockFile) sign() error {
	was, err := l.read()
	if err != nil {
		if lockedRegion(err) {
			return nil
		}
		return err
	}
	if _, ok := parseHolder(was); !ok {
		return l.refuse("has contents that kin did not write")
	}
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("sign %s: %w", l.path, err)
	}
	b, err := json.Marshal(Holder{Host: host, PID: os.Getpid(), Started: time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return fmt.Errorf("sign %s: %w", l.path, err)
	}
	if err = l.f.Truncate(0); err == nil {
		_, err = l.f.WriteAt(append(b, '\n'), 0)
	}
	if lockedRegion(err) {
		return nil
	}
	return err
}

// release unlocks the file; a second call does nothing. The lock file itself
// stays: removing it would let two runs hold two files of the same name.
func (l *lockFile) release() error {
	if err := l.f.Close(); !errors.Is(err, fs.ErrClosed) {
		return err
	}
	return nil
}

// kindOf is what a file that is not a regular one is called.
func kindOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
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
