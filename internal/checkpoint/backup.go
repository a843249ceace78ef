package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Backup copies the current file to a new file beside it, and returns its path. The name is that of
// the checkpoint plus the time, and a number if that name exists. The copy is on the disk when
// Backup returns.
func (h *Handle) Backup() (string, error) {
	b, err := readRegular(h.path)
	if err != nil {
		return "", fmt.Errorf("back up checkpoint: %w", err)
	}
	base := h.path + "." + time.Now().UTC().Format("20060102T150405Z")
	for n := 0; ; n++ {
		path := base + ".bak"
		if n > 0 {
			path = base + "-" + strconv.Itoa(n) + ".bak"
		}
		switch err := writeNew(path, b); {
		case err == nil:
			return path, nil
		case !errors.Is(err, fs.ErrExist):
			return "", &SaveError{Path: h.path, What: "backed up", Err: err, Next: "nothing was changed; repair the directory or the disk, then run the command again"}
		}
	}
}

// writeNew writes a file that must not exist. If it fails, it removes the incomplete file.
func writeNew(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := writeWhole(f, b); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return syncDir(filepath.Dir(path))
}
