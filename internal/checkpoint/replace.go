package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// replace atomically writes b to path. A reader sees the whole old file or the whole new one, also
// after a power cut. (The libraries for this lack either Windows or the fsync of the folder.)
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

// writeWhole writes b to the disk, and always closes the file.
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

// prefix returns the prefix of the temporary files beside path.
func prefix(path string) string { return "." + filepath.Base(path) + ".tmp-" }

// removeLeftovers removes the temporary files of a run that was killed inside replace. The caller
// holds the lock.
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
