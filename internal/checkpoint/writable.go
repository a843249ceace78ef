package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// SaveError means that a checkpoint or its backup could not be written. The file was
// left as it was.
type SaveError struct {
	Path string // of the checkpoint
	What string // that was not done, such as "saved"
	Err  error
	Next string // what to do about it
}

func (e *SaveError) Error() string {
	return fmt.Sprintf("checkpoint %s was not %s: %s", e.Path, e.What, systemReason(e.Err))
}

func (e *SaveError) Unwrap() error { return e.Err }

// Hint says what to do next.
func (e *SaveError) Hint() string { return e.Next }

// systemReason is what the system says of a file, without the file's name: the names
// of temporary files tell nobody anything.
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

// checkWritable tries whether files can be made in the folder of path: every save makes
// one and renames it. Its error is an *UnusableError.
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

// folderUnusable is the *UnusableError of a folder in which kin can make no file.
func folderUnusable(path string, err error) error {
	dir := filepath.Dir(path)
	return &UnusableError{Path: path, Reason: fmt.Sprintf("kin cannot write files in its folder %s: %s", dir, systemReason(err)),
		Next: "make the folder writable, or move the checkpoint to one that is: every save makes a new file there and renames it"}
}

// unusable makes an *UnusableError of what the file system says about path or its
// lock.
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
		Next: "name a file in an existing, writable folder"}
}
