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

// watchHangup does nothing: Windows cannot watch a pipe. The next write notices a hang-up.
func watchHangup(*os.File, func()) (stop func(), err error) { return func() {}, nil }

// startedClosed is false: on Windows a write to a missing handle fails.
func startedClosed(*os.File) bool { return false }

// endsMidLine reports whether f is a regular file at its end, whose last byte is not a
// newline. It returns false if the file cannot be read.
func endsMidLine(f *os.File) (bool, error) {
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
		return false, nil // write-only: the last byte is unknown
	}
	return last[0] != '\n', nil
}
