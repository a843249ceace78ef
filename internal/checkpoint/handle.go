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

// Handle is a checkpoint file that this run has locked. It is not safe for concurrent use.
type Handle struct {
	path string // symlinks resolved
	lock *lockFile
	file File
	// destination is the argument of SetDestination; nil before that call.
	destination *Destination
	// existed: the file existed when it was opened.
	existed bool
	encoder encoder
}

// Open locks and reads the checkpoint file at path. A missing file is not an error: Begin or Save
// creates it, with a new ID. The folder must exist and allow new files. Errors are *HeldError,
// *UnusableError and those of the file system. The caller must call Release.
func Open(path string) (*Handle, error) {
	path, err := resolveLinks(path)
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

// Read reads the file at path without a lock. The error matches fs.ErrNotExist if the file does not
// exist. It is an *UnusableError if the file is not a valid checkpoint.
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
			Next: "restore the file from a copy, or move it away and run again: kin then begins at --from (default latest); kin did not change it"}
	}
	return f, nil
}

// Path returns the path of the file, with symlinks resolved.
func (h *Handle) Path() string { return h.path }

// Existed reports whether the file existed when Open read it.
func (h *Handle) Existed() bool { return h.existed }

// Owns returns true for every shard: a file belongs to one run.
func (h *Handle) Owns(string, string) bool { return true }

// Load returns the contents as of Open or the last successful Save, with the destination of
// SetDestination. It does not block.
func (h *Handle) Load(context.Context) (File, error) { return h.file, nil }

// SetDestination sets the stream that the run copies to. Every later Save writes it, even if the
// File argument has another one.
func (h *Handle) SetDestination(d Destination) {
	h.destination = &d
	h.file.Destination = &d
}

// Save replaces the file. If it returns nil, the new contents are on the disk. If it fails, the
// file has the old contents, or the new contents if only the sync of its folder failed.
//
// moved has the shards that differ from the last Save. Only these are validated and encoded. If
// moved is nil, all are. Errors are *UnsavableError if Open would refuse the contents,
// *LostLockError if the lock is lost, and *SaveError if the file cannot be replaced.
func (h *Handle) Save(f File, moved Moved) error {
	f = h.keepFileFields(f)
	if h.encoder.streams == nil {
		moved = nil // the encoder has nothing to reuse
	}
	err := f.CheckMoved(moved)
	if err == nil && moved == nil {
		err = f.checkAncestors()
	}
	if err != nil {
		return &UnsavableError{Path: h.path, Err: err}
	}
	if err := h.lock.checkNotReplaced(); err != nil {
		return err
	}
	b, err := h.encoder.encode(f, moved)
	if err != nil {
		return fmt.Errorf("encode checkpoint: %w", err)
	}
	if err := replace(h.path, b); err != nil {
		return &SaveError{Path: h.path, What: "saved", Err: err,
			Next: "repair the directory or the disk; the next run then writes the records since the last save again"}
	}
	h.file = f
	return nil
}

// Release unlocks the file. It does not block, and works even if ctx has ended.
func (h *Handle) Release(context.Context) error { return h.lock.release() }

// resolveLinks follows the symlinks of a path, so that Save does not replace a link. The last
// element need not exist. With an error it returns the original path.
func resolveLinks(path string) (string, error) {
	original := path
	const maxLinks = 40 // like Linux
	for range maxLinks {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return original, err
		}
		if info.IsDir() {
			return original, &UnusableError{Path: path, Reason: "it is a directory", Next: "name a file"}
		}
		if info.Mode().IsRegular() {
			break
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			return original, &UnusableError{Path: path, Reason: "it is not a regular file", Next: "name a regular file"}
		}
		target, err := os.Readlink(path)
		if err != nil {
			return original, err
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return original, err
	}
	return filepath.Join(dir, filepath.Base(path)), nil
}
