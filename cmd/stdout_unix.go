//go:build unix

package cmd

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

func isClosedPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

// hangupLook is how often the watch looks whether it is still wanted; a
// hang-up itself wakes it at once.
const hangupLook = 200 // milliseconds

// watchHangup calls hungUp when the reading side of a pipe goes away, until
// ctx ends. On a quiet stream no write would ever say so.
func watchHangup(ctx context.Context, f *os.File, hungUp func()) {
	info, err := f.Stat()
	if err != nil || info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) == 0 {
		return
	}
	fd := int32(f.Fd()) //nolint:gosec // a descriptor is a small number
	go func() {
		for ctx.Err() == nil {
			fds := []unix.PollFd{{Fd: fd}}
			n, err := unix.Poll(fds, hangupLook)
			if err != nil && !errors.Is(err, unix.EINTR) {
				return
			}
			if n > 0 && fds[0].Revents&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0 {
				hungUp()
				return
			}
		}
	}()
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
