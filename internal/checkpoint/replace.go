package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// replace writes b to path so that a reader sees the old file or the new one,
// whole, and a power cut leaves one of them. (The libraries for this leave out
// either Windows or the folder's own fsync.)
func replace(path string, b []byte) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, prefix(path)+"*") // mode 0600
	if err != nil {
		return err
	}
	if err = writeWhole(f, b); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(dir)
}

// writeWhole writes b to the disk, and closes the file in any case.
func writeWhole(f *os.File, b []byte) error {
	_, err := f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// prefix is how the names of the temporary files beside path begin.
func prefix(path string) string { return "." + filepath.Base(path) + ".tmp-" }

// removeLeftovers removes what a run that was killed inside replace left. The
// caller holds the lock.
func removeLeftovers(path string) error {
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), prefix(path)) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}
