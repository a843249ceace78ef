package checkpoint

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// notRegularError is the cause of a *fs.PathError about an irregular file.
type notRegularError struct{ mode fs.FileMode }

func (e *notRegularError) Error() string { return "it is " + kindOf(e.mode) }

// readRegular reads a whole regular file, and follows links. It refuses other files without
// blocking, such as a FIFO without a writer or an endless device.
func readRegular(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: &notRegularError{info.Mode()}}
	}
	f, err := os.OpenFile(path, os.O_RDONLY|dontWait, 0)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "read", Path: path, Err: &notRegularError{info.Mode()}}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	b, err := io.ReadAll(f)
	return b, errors.Join(err, f.Close())
}
