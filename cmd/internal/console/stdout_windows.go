package console

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

func isClosedPipe(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, windows.ERROR_NO_DATA) || errors.Is(err, windows.ERROR_BROKEN_PIPE)
}

// watchHangup does nothing: a pipe cannot be watched here, so that a hang-up
// shows with the next write.
func watchHangup(*os.File, func()) (stop func(), err error) { return func() {}, nil }

// looksClosed is false: a write to a handle that is not there fails here.
func looksClosed(*os.File) bool { return false }

// endsTorn looks at the last byte of a file that is written at its end.
func endsTorn(f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false, err
	}
	at, err := f.Seek(0, 1)
	if err != nil || at != info.Size() {
		return false, err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, info.Size()-1); err != nil {
		return false, nil // opened for writing only: nobody can say
	}
	return last[0] != '\n', nil
}
