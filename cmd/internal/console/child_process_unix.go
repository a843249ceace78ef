//go:build unix

package console

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// fromTerminal says whether a signal went to every process in the foreground of
// the terminal, kin's children among them: Ctrl-C, Ctrl-\, or its end. Only
// the kernel knows for sure; kin being in the foreground is as near as one can
// get.
func fromTerminal(s os.Signal) bool {
	if s != syscall.SIGINT && s != syscall.SIGQUIT && s != syscall.SIGHUP {
		return false
	}
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer func() { _ = tty.Close() }() // nothing was written
	foreground, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && foreground == unix.Getpgrp()
}
