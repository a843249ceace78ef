//go:build unix

package console

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// fromTerminal reports whether the terminal probably sent the signal, as for Ctrl-C, Ctrl-\
// or a hang-up. Then kin's children got it too. Only the kernel knows for sure. kin checks
// that it is in the foreground of its terminal, which is the best available evidence.
func fromTerminal(s os.Signal) bool {
	if s != syscall.SIGINT && s != syscall.SIGQUIT && s != syscall.SIGHUP {
		return false
	}
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer func() { _ = tty.Close() }() // read-only
	foreground, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && foreground == unix.Getpgrp()
}
