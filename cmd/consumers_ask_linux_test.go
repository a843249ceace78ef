package cmd

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kin/internal/local"
)

// terminal is a pseudo-terminal: tty is the side a program has, screen what
// somebody sees and types on.
func terminal(t *testing.T) (tty, screen *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here:", err)
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

// On a terminal kin shows what would go and asks. Only yes is yes.
func TestRemovingConsumersAsksOnATerminal(t *testing.T) {
	const ephemeral = "kin_tmp_11111111-2222-4333-8444-aaaaaaaaaaaa"
	for _, test := range []struct {
		args   []string
		answer string // what is typed; "stop" is a signal
		gone   bool
		code   int
	}{
		{[]string{"deregister", "orders", ephemeral, "kin_gone"}, "y\n", true, exitOK},
		{[]string{"deregister", "orders", ephemeral}, "YES\n", true, exitOK},
		{[]string{"deregister", "orders", ephemeral}, "n\n", false, exitFailed},
		{[]string{"deregister", "orders", ephemeral}, "\n", false, exitFailed},
		{[]string{"deregister", "orders", ephemeral}, "yesterday\n", false, exitFailed},
		{[]string{"deregister", "orders", ephemeral}, "\x04", false, exitFailed},
		{[]string{"deregister", "orders", ephemeral}, "stop", false, 130},
		{[]string{"prune", "orders", "--older-than", "0s"}, "y\n", true, exitOK},
		{[]string{"prune", "orders", "--older-than", "0s"}, "n\n", false, exitFailed},
	} {
		t.Run(strings.Join(append(test.args, test.answer), " "), func(t *testing.T) {
			run := consumersOfOrders(t, local.Options{})
			var out, messages bytes.Buffer
			if code := run(t.Context(), Streams{Out: &out, Err: &messages}, "register", "orders", ephemeral); code != 0 {
				t.Fatal(messages.String())
			}

			tty, screen := terminal(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			shown := make(chan string, 1)
			go func() {
				var seen []byte
				for !bytes.Contains(seen, []byte("? [y/N] ")) {
					b := make([]byte, 1000)
					n, err := screen.Read(b)
					if seen = append(seen, b[:n]...); err != nil {
						break
					}
				}
				shown <- string(seen)
				if test.answer == "stop" {
					cancel(SignalError{syscall.SIGINT})
				} else if _, err := screen.WriteString(test.answer); err != nil {
					t.Error(err)
				}
			}()
			done := make(chan int, 1)
			out.Reset()
			go func() { done <- run(ctx, Streams{In: tty, Out: &out, Err: tty}, test.args...) }()
			select {
			case code := <-done:
				if code != test.code {
					t.Errorf("exit code %d, want %d", code, test.code)
				}
			case <-time.After(30 * time.Second):
				t.Fatal("it waits for ever")
			}
			if text := <-shown; !strings.Contains(text, ephemeral) || !strings.Contains(text, "kin: remove 1 consumer of orders? [y/N] ") {
				t.Errorf("shown %q", text)
			}
			out.Reset()
			messages.Reset()
			code := run(t.Context(), Streams{Out: &out, Err: &messages}, "describe", "orders", ephemeral)
			if gone := code == exitNotFound; gone != test.gone {
				t.Errorf("gone %t, want %t: %s", gone, test.gone, messages.String())
			}
		})
	}
}
