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

// Backup copies the file, byte for byte as it is on the disk, to a new one
// beside it, and returns that one's path: the file's with the time behind it,
// and a number if there is one of that second already. The copy is on the disk
// when it returns.
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
			return "", &SaveError{Path: h.path, What: "backed up", Err: err, Next: "nothing was changed; repair the folder or the disk, then run the command again"}
		}
	}
}

// writeNew writes a file that must not be there yet. What could not be written
// whole is removed.
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
