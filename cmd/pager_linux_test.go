package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kin/cmd/internal/console"
)

// sizedTerminal returns a terminal of 80 columns with this number of lines. shown returns
// what was written to it.
func sizedTerminal(t *testing.T, lines uint16) (tty *os.File, shown func() string) {
	t.Helper()
	tty, screen := terminal(t)
	if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: lines, Col: 80}); err != nil {
		t.Fatal(err)
	}
	all := make(chan string, 1)
	go func() { all <- string(readUntil(screen, "\x00", 1)) }()
	return tty, func() string {
		if _, err := tty.Write([]byte{0}); err != nil {
			t.Fatal(err)
		}
		select {
		case text := <-all:
			return strings.ReplaceAll(strings.TrimSuffix(text, "\x00"), "\r\n", "\n")
		case <-time.After(30 * time.Second):
			t.Fatal("the screen shows no end")
			return ""
		}
	}
}

// kin uses $PAGER for help that is longer than the terminal, and for nothing else.
func TestLongHelpGoesThroughThePager(t *testing.T) {
	help := printed(t, "read", "--help")
	positions := printed(t, "help", "positions")
	version := printed(t, "version")
	paged := func(text string) string {
		return "P:" + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\nP:") + "\n"
	}
	for _, c := range []struct {
		pager string
		lines uint16
		args  string
		want  string
	}{
		{"sed s/^/P:/", 24, "read --help", paged(help)},
		{"sed s/^/P:/", 24, "help read", paged(help)},
		{"sed s/^/P:/", 24, "help positions", paged(positions)},
		{"sed s/^/P:/ | cat", 24, "read --help", paged(help)},
		{"sed s/^/P:/", uint16(strings.Count(help, "\n")), "read --help", paged(help)}, // no line is free for the prompt
		{"sed s/^/P:/", uint16(strings.Count(help, "\n")) + 1, "read --help", help},
		{"sed s/^/P:/", 24, "version", version},
		{"", 24, "read --help", help},
		{" ", 24, "read --help", help},
		{"cat", 24, "read --help", help},
		{"head -n 1", 24, "read --help", strings.SplitAfter(help, "\n")[0]},
		{`cat >/dev/null; echo "$LESS"`, 24, "read --help", "FRX\n"},
	} {
		t.Run(c.pager+" "+c.args, func(t *testing.T) {
			t.Setenv("PAGER", c.pager)
			t.Setenv("LESS", "") // restores the value after the test
			os.Unsetenv("LESS")
			tty, shown := sizedTerminal(t, c.lines)
			var messages bytes.Buffer
			code := Main(t.Context(), strings.Fields(c.args), console.Streams{In: tty, Out: tty, Err: &messages})
			if got := shown(); got != c.want || code != 0 || messages.Len() > 0 {
				t.Errorf("code %d, %q, shown %q, want %q", code, messages.String(), got, c.want)
			}
		})
	}
}

func TestHelpInAPipeNeedsNoPager(t *testing.T) {
	want := printed(t, "read", "--help")
	t.Setenv("PAGER", "sed s/^/P:/")
	if got := printed(t, "read", "--help"); got != want {
		t.Errorf("got %q", got)
	}
}

// If the pager does not start, kin reports that and prints the help itself.
func TestHelpIsPrintedIfThePagerDoesNotStart(t *testing.T) {
	help := printed(t, "read", "--help")
	notExecutable := filepath.Join(t.TempDir(), "pager")
	if err := os.WriteFile(notExecutable, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for pager, want := range map[string]string{
		"nosuchpager -R":    "executable file not found",
		notExecutable:       "permission denied",
		"(nosuchpager)":     "exit status 127",
		"A=b nosuchpager":   "exit status 127",
		"/nosuch/pager -FX": "no such file or directory",
	} {
		t.Setenv("PAGER", pager)
		tty, shown := sizedTerminal(t, 24)
		var messages bytes.Buffer
		code := Main(t.Context(), []string{"read", "--help"}, console.Streams{In: tty, Out: tty, Err: &messages})
		if got := shown(); got != help || code != 0 {
			t.Errorf("%s: code %d, shown %q", pager, code, got)
		}
		if text := messages.String(); !strings.Contains(text, "kin: the pager did not start (PAGER="+pager+"): ") || !strings.Contains(text, want) {
			t.Errorf("%s: the message is %q, and lacks %q", pager, text, want)
		}
	}
}

// A failure of the pager is reported. The help is not printed again.
func TestAFailedPagerIsReported(t *testing.T) {
	t.Setenv("PAGER", "head -n 1; exit 3")
	tty, shown := sizedTerminal(t, 24)
	var messages bytes.Buffer
	code := Main(t.Context(), []string{"read", "--help"}, console.Streams{In: tty, Out: tty, Err: &messages})
	if got := shown(); strings.Count(got, "\n") != 1 || code != 0 {
		t.Errorf("code %d, shown %q", code, got)
	}
	if want := "kin: the pager ended with exit code 3 (PAGER=head -n 1; exit 3)\n"; messages.String() != want {
		t.Errorf("the message is %q", messages.String())
	}
}

// Quitting the pager early is no failure, even if most of a long text is unread.
func TestQuittingThePagerEarlyIsNoFailure(t *testing.T) {
	for _, pager := range []string{"head -n 1", "true"} {
		t.Setenv("PAGER", pager)
		tty, shown := sizedTerminal(t, 24)
		var messages bytes.Buffer
		e := newEnv(console.Streams{In: tty, Out: tty, Err: &messages})
		err := e.PrintPaged(t.Context(), strings.Repeat("a line\n", 1<<20))
		e.Stderr.Flush()
		if got := shown(); err != nil || strings.Count(got, "\n") > 1 || messages.Len() > 0 {
			t.Errorf("%s: %v, %q, shown %.100q", pager, err, messages.String(), got)
		}
	}
}

// kin passes a signal that only kin got to the pager, and ends when the pager ends.
func TestASignalReachesThePager(t *testing.T) {
	for last, want := range map[string]int{"exit 0": 0, "exit 15": 143, "trap - TERM; kill -TERM $$": 143} {
		script := filepath.Join(t.TempDir(), "pager")
		text := "#!/bin/sh\ntrap 'echo stopped; " + last + "' TERM\necho ready\nwhile :; do sleep 0.05; done\n"
		if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PAGER", script)
		tty, screen := terminal(t)
		if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
			t.Fatal(err)
		}
		ctx, release := SignalContext(t.Context())
		done := make(chan int, 1)
		go func() {
			done <- Main(ctx, []string{"read", "--help"}, console.Streams{In: tty, Out: tty, Err: tty})
		}()
		readUntil(screen, "ready", 1)
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		wantExit(t, done, want)
		if text := string(readUntil(screen, "stopped", 1)); !strings.Contains(text, "stopped") || strings.Contains(text, "kin: ") {
			t.Errorf("%s: shown %q", last, text)
		}
		release()
	}
}

// Help that cannot be written is a failure. A closed pipe is not.
func TestHelpThatCannotBeWritten(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	var messages bytes.Buffer
	if code := Main(t.Context(), []string{"read", "--help"}, console.Streams{Out: full, Err: &messages}); code != console.ExitFailed || !strings.Contains(messages.String(), "no space left") {
		t.Errorf("code %d, %q", code, messages.String())
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	messages.Reset()
	if code := Main(t.Context(), []string{"read", "--help"}, console.Streams{Out: w, Err: &messages}); code != 0 || messages.Len() > 0 {
		t.Errorf("code %d, %q", code, messages.String())
	}
	w.Close()
}
