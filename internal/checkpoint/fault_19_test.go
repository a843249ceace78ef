package checkpoint

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// longName is short enough for a file and its lock, but too long for the temporary file of a save.
// The save fails even for a user who may write everywhere.
var longName = strings.Repeat("c", 249)

func TestFault19UnwritableFolderIsRefusedAtTheStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), longName)
	_, err := Open(path)
	var unusable *UnusableError
	if !errors.As(err, &unusable) || unusable.Path != path || !strings.Contains(unusable.Reason, "kin cannot create files in its directory "+filepath.Dir(path)) || strings.Contains(err.Error(), ".tmp-") {
		t.Errorf("the error is %v", err)
	}
}

func TestFault19FailedSaveErrorAndHint(t *testing.T) {
	h := open(t, filepath.Join(t.TempDir(), "c.json"))
	h.path = filepath.Join(filepath.Dir(h.path), longName)
	err := h.Save(fullFile(), nil)
	var failed *SaveError
	if !errors.As(err, &failed) || strings.Contains(err.Error(), ".tmp-") || !strings.HasPrefix(err.Error(), "checkpoint "+h.path+" was not saved: ") ||
		!strings.Contains(failed.Hint(), "writes the records since the last save again") {
		t.Errorf("the error is %v", err)
	}
	if err := os.WriteFile(h.path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Backup(); !errors.As(err, &failed) || !strings.HasPrefix(err.Error(), "checkpoint "+h.path+" was not backed up: ") {
		t.Errorf("the error is %v", err)
	}
	if err := h.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestFault19HintMatchesTheFailedPath(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "c.json")
	if err := os.WriteFile(path+".lock", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		err  error
		hint string
	}{
		"the lock":              {&fs.PathError{Op: "open", Path: path + ".lock", Err: syscall.EACCES}, "let this user read and write " + path + ".lock"},
		"the folder":            {&fs.PathError{Op: "open", Path: path, Err: syscall.EACCES}, "make the directory writable"},
		"no folder":             {&fs.PathError{Op: "lstat", Path: filepath.Join(dir, "none"), Err: syscall.ENOENT}, "name a file in an existing, writable directory"},
		"read-only file system": {&fs.PathError{Op: "open", Path: path, Err: syscall.EROFS}, "make the directory writable"},
	} {
		var got *UnusableError
		if !errors.As(unusable(path, test.err), &got) || !strings.HasPrefix(got.Hint(), test.hint) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}
