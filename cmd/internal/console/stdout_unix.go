//go:build unix

package console

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

func isClosedPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

// watchHangup calls hungUp when the reading side of a pipe or socket is closed. On a quiet
// stream no write would ever notice that. stop ends the watch and waits until it has ended.
func watchHangup(f *os.File, hungUp func()) (stop func(), err error) {
	info, err := f.Stat()
	if err != nil || info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) == 0 {
		return func() {}, nil //nolint:nilerr // without Stat there is no pipe to watch
	}
	woken, waker, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if pollHangup(f, woken) {
			hungUp()
		}
	}()
	return func() {
		_ = waker.Close() // wakes the poll
		<-ended
		_ = woken.Close() // read-only
	}, nil
}

// pollHangup waits until the reading side of f is closed, and returns true. It returns
// false when the other side of woken is closed, or when poll fails.
func pollHangup(f, woken *os.File) bool {
	fds := []unix.PollFd{
		{Fd: int32(f.Fd())},                          //nolint:gosec // a descriptor is a small number
		{Fd: int32(woken.Fd()), Events: unix.POLLIN}, //nolint:gosec // a descriptor is a small number
	}
	for {
		_, err := unix.Poll(fds, -1)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil || fds[1].Revents != 0:
			return false
		case fds[0].Revents&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0:
			return true
		}
	}
}

// startedClosed reports whether the process was started without this descriptor. Go then
// opens the null device in its place, for reading and writing. A shell's > opens it for
// writing only.
func startedClosed(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&fs.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	if err != nil || !os.SameFile(info, null) {
		return false
	}
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	return err == nil && flags&unix.O_ACCMODE == unix.O_RDWR
}

// endsMidLine (also stdout_windows.go:23, stdout.go:45) reports whether f is a regular file at its end, whose last byte is not a
// newline. It returns false if the system cannot open the file again.
func endsMidLine(f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false, err
	}
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil {
		return false, err
	}
	if flags&unix.O_APPEND == 0 {
		at, err := f.Seek(0, io.SeekCurrent)
		if err != nil || at != info.Size() {
			return false, err
		}
	}
	// The descriptor may be write-only, so the file is opened again for reading.
	readable, err := os.Open("/dev/fd/" + strconv.Itoa(int(f.Fd()))) //nolint:gosec // a descriptor is a small number
	if err != nil {
		return false, nil //nolint:nilerr // some systems cannot open it again; then the last byte is unknown
	}
	last := make([]byte, 1)
	_, err = readable.ReadAt(last, info.Size()-1)
	if closeErr := readable.Close(); err == nil {
		err = closeErr
	}
	return err == nil && last[0] != '\n', err
}
