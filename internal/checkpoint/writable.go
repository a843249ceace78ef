package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// SaveError means that a checkpoint or its backup could not be written. The checkpoint was not
// changed.
type SaveError struct {
	Path string // of the checkpoint
	What string // what failed, such as "saved"
	Err  error
	Next string // the next step for the user
}

func (e *SaveError) Error() string {
	return fmt.Sprintf("checkpoint %s was not %s: %s", e.Path, e.What, systemReason(e.Err))
}

func (e *SaveError) Unwrap() error { return e.Err }

// Hint returns the next step for the user.
func (e *SaveError) Hint() string { return e.Next }

// systemReason returns the reason of a file system error without the path, because the names of
// temporary files mean nothing to a user.
func systemReason(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err.Error()
	case errors.As(err, &link):
		return link.Err.Error()
	}
	return err.Error()
}

// checkWritable checks that new files can be created in the folder of path. Each save creates one
// and renames it. The error is an *UnusableError.
func checkWritable(path string) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, prefix(path)+"*")
	if err != nil {
		return folderUnusable(path, err)
	}
	err = errors.Join(f.Close(), os.Remove(f.Name()))
	if err != nil {
		return folderUnusable(path, err)
	}
	return nil
}

// folderUnusable returns the *UnusableError for a folder in which kin cannot create files.
func folderUnusable(path string, err error) error {
	dir := filepath.Dir(path)
	return &UnusableError{Path: path, Reason: fmt.Sprintf("kin cannot create files in its directory %s: %s", dir, systemReason(err)),
		Next: "make the directory writable, or move the checkpoint to a writable directory: each save creates a new file there and renames it"}
}

// unusable converts a file system error about path or its lock into an *UnusableError. Other errors
// are returned unchanged.
func unusable(path string, err error) error {
	var pathErr *fs.PathError
	if !errors.As(err, &pathErr) {
		return err
	}
	_, missing := os.Lstat(pathErr.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case missing == nil && errors.Is(err, fs.ErrPermission):
		return &UnusableError{Path: path, Reason: fmt.Sprintf("%s %s: %s", pathErr.Op, pathErr.Path, pathErr.Err),
			Next: fmt.Sprintf("let this user read and write %s, or name another file", pathErr.Path)}
	case pathErr.Op == "open" && errors.Is(missing, fs.ErrNotExist):
		return folderUnusable(path, err)
	}
	return &UnusableError{Path: path, Reason: fmt.Sprintf("%s %s: %s", pathErr.Op, pathErr.Path, pathErr.Err),
		Next: "name a file in an existing, writable directory"}
}
