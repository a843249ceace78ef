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

// watchHangup calls hungUp when the reading side of a pipe goes away. On a quiet
// stream no write would ever say so. stop ends the watch and waits for its end.
func watchHangup(f *os.File, hungUp func()) (stop func(), err error) {
	info, err := f.Stat()
	if err != nil || info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) == 0 {
		return func() {}, nil //nolint:nilerr // what cannot be looked at is no pipe that can be watched
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
		_ = waker.Close() // which is what wakes it
		<-ended
		_ = woken.Close() // nothing was in it
	}, nil
}

// pollHangup waits until the reading side of f goes away, and returns true, or
// until woken's other side is closed.
func pollHangup(f, woken *os.File) bool {
	fds := []unix.PollFd{
		{Fd: int32(f.Fd())},                          //nolint:gosec // a descriptor is a small number
		{Fd: int32(woken.Fd()), Events: unix.POLLIN}, //nolint:gosec // and so is this one
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

// looksClosed says whether a process was started without this descriptor. Go
// then puts the null device in its place, open for reading and writing; a
// shell's > opens it for writing only.
func looksClosed(f *os.File) bool {
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

// endsTorn says whether f is a file that is written at its end and does not
// end in a newline. Where the system cannot say, it does not.
func endsTorn(f *os.File) (bool, error) {
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
	// The descriptor may be for writing only; the same file is opened again.
	again, err := os.Open("/dev/fd/" + strconv.Itoa(int(f.Fd()))) //nolint:gosec // a descriptor is a small number
	if err != nil {
		return false, nil //nolint:nilerr // not every system opens it anew: then nobody can say
	}
	last := make([]byte, 1)
	_, err = again.ReadAt(last, info.Size()-1)
	if closeErr := again.Close(); err == nil {
		err = closeErr
	}
	return err == nil && last[0] != '\n', err
}
