package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/uuid"
)

// Handle is a checkpoint file that this run holds. Its methods are not safe
// for concurrent use.
type Handle struct {
	path string // symlinks resolved
	lock *lockFile
	file File
	// destination is what SetDestination was given; nil before that.
	destination *Destination
	// existed says whether the file was there when it was opened.
	existed bool
	encoder encoder
}

// Open locks the checkpoint file at path and reads it. A file that is not
// there yet is no error: it appears with Begin or Save, with a new id. The
// folder must exist, and allow new files. Errors are *HeldError, *UnusableError and those of the
// file system.
func Open(path string) (*Handle, error) {
	path, err := resolve(path)
	if err != nil {
		return nil, unusable(path, err)
	}
	lock, err := acquire(path)
	if err != nil {
		return nil, unusable(path, err)
	}
	h := &Handle{path: path, lock: lock}
	h.file, err = Read(path)
	switch {
	case err == nil:
		h.existed = true
	case errors.Is(err, fs.ErrNotExist):
		h.file = File{Version: Version, ID: uuid.NewString()}
	default:
		return nil, errors.Join(unusable(path, err), lock.release())
	}
	if err := removeLeftovers(path); err != nil {
		return nil, errors.Join(folderUnusable(path, err), lock.release())
	}
	if err := checkWritable(path); err != nil {
		return nil, errors.Join(err, lock.release())
	}
	return h, nil
}

// Read reads the file at path without locking it. The error of a file that is
// not there matches fs.ErrNotExist; of one that cannot be used it is
// *UnusableError.
func Read(path string) (File, error) {
	b, err := readRegular(path)
	var odd *notRegularError
	if errors.As(err, &odd) {
		return File{}, &UnusableError{Path: path, Reason: odd.Error(), Next: "name a regular file"}
	}
	if err != nil {
		return File{}, err
	}
	f, err := decode(b)
	if err != nil {
		return File{}, &UnusableError{Path: path, Reason: err.Error(),
			Next: "restore the file from a copy, or move it away and start from scratch; kin left it as it was"}
	}
	return f, nil
}

// Path is the file's path with its symlinks resolved.
func (h *Handle) Path() string { return h.path }

// Existed says whether the file was there when Open read it.
func (h *Handle) Existed() bool { return h.existed }

// Owns is true for every shard: a file has one run.
func (h *Handle) Owns(string, string) bool { return true }

// Load returns what the file said when it was opened, or what was saved last.
// It does not wait.
func (h *Handle) Load(context.Context) (File, error) { return h.file, nil }

// SetDestination names the stream that the run copies to. Every later Save
// writes it, whatever the file that it is given has.
func (h *Handle) SetDestination(d Destination) {
	h.destination = &d
	h.file.Destination = &d
}

// Save replaces the file. When it returns nil the new contents are on the
// disk; when it fails the old ones are still there. moved are the shards that
// differ from those of the last Save, or nil: only they are checked and encoded.
// Save refuses what Open would refuse to load, and, with a *LostLockError, to
// write without the lock.
func (h *Handle) Save(f File, moved Moved) error {
	f = h.complete(f)
	if h.encoder.streams == nil {
		moved = nil // nothing was encoded before
	}
	err := f.CheckMoved(moved)
	if err == nil && moved == nil {
		err = f.checkAncestors()
	}
	if err != nil {
		return &UnsavableError{Path: h.path, Err: err}
	}
	if err := h.lock.stillThere(); err != nil {
		return err
	}
	b, err := h.encoder.encode(f, moved)
	if err != nil {
		return fmt.Errorf("encode checkpoint: %w", err)
	}
	if err := replace(h.path, b); err != nil {
		return &SaveError{Path: h.path, What: "saved", Err: err,
			Next: "repair the folder or the disk; the next run then writes the records since the last save again"}
	}
	h.file = f
	return nil
}

// Release unlocks the file. It does not wait, and unlocks it even if ctx has ended.
func (h *Handle) Release(context.Context) error { return h.lock.release() }

// resolve follows the symlinks of a path whose last element need not exist, so
// that a replacement does not replace the link. With an error it returns the
// path as it was given.
func resolve(path string) (string, error) {
	given := path
	const most = 40 // as many as Linux follows
	for range most {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return given, err
		}
		if info.IsDir() {
			return given, &UnusableError{Path: path, Reason: "it is a folder", Next: "name a file"}
		}
		if info.Mode().IsRegular() {
			break
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			return given, &UnusableError{Path: path, Reason: "it does not keep what is written to it", Next: "name a regular file"}
		}
		target, err := os.Readlink(path)
		if err != nil {
			return given, err
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return given, err
	}
	return filepath.Join(dir, filepath.Base(path)), nil
}
