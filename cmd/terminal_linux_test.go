package cmd

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kin/cmd/internal/console"
)

// terminal is a pseudo-terminal: tty is the side a program has, screen what
// somebody sees and types on.
func terminal(t *testing.T) (tty, screen *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close(); screen.Close() })
	return tty, screen
}

// readUntil returns what a screen shows up to the time that a text is there n times,
// or that the terminal is closed.
func readUntil(screen *os.File, text string, n int) []byte {
	var shown []byte
	for buffer := make([]byte, 4000); bytes.Count(shown, []byte(text)) < n; {
		read, err := screen.Read(buffer)
		if shown = append(shown, buffer[:read]...); err != nil {
			break
		}
	}
	return shown
}

// answer types a text when a question is on the screen; "stop" is a signal. The
// channel gets what the screen shows up to then.
func answer(t *testing.T, screen *os.File, text string, cancel context.CancelCauseFunc) <-chan string {
	shown := make(chan string, 1)
	go func() {
		shown <- string(readUntil(screen, "? [y/N] ", 1))
		if text == "stop" {
			cancel(console.SignalError{Signal: syscall.SIGINT})
		} else if _, err := screen.WriteString(text); err != nil {
			t.Error(err)
		}
	}()
	return shown
}

// wantExit waits for the exit code of a command.
func wantExit(t *testing.T, done <-chan int, want int) {
	t.Helper()
	select {
	case code := <-done:
		if code != want {
			t.Errorf("exit code %d, want %d", code, want)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the command does not end")
	}
}
