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

// terminal returns a pseudo-terminal. tty is the side of the program, and screen the side
// of the user.
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

// readUntil returns what the screen shows until it has text n times, or the terminal is
// closed.
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

// answer types a text when a question is on the screen; "stop" cancels with a signal
// instead. The channel receives the screen up to then.
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

// wantExit waits for a command to end, and checks its exit code.
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
