package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// PrintPaged prints a text on stdout. If stdout is a terminal with fewer lines than the
// text, it uses the command in $PAGER. If the pager does not start, it reports that and
// prints the text itself.
//
// Quitting the pager early is no failure. Without a pager, a closed stdout is
// ErrStdoutClosed. A signal that stops kin and the pager is the cause of ctx.
func (c *Console) PrintPaged(ctx context.Context, text string) error {
	pager := strings.TrimSpace(os.Getenv("PAGER"))
	if pager == "" || pager == "cat" || fitsTerminal(c.Out, text) {
		return c.printText(text)
	}
	err := c.page(ctx, pager, text)
	var exit *exec.ExitError
	switch isExit := errors.As(err, &exit); {
	case err == nil:
		return nil
	case ctx.Err() != nil: // the signal that stopped kin has ended the pager too
		return context.Cause(ctx)
	case isExit && !exit.Exited(): // by a signal of its own
		return nil
	case isExit && exit.ExitCode() != exitNoCommand && exit.ExitCode() != exitNotExecutable:
		c.Print(fmt.Sprintf("the pager ended with exit code %d (PAGER=%s)", exit.ExitCode(), pager))
		return nil
	}
	c.Print(fmt.Sprintf("the pager did not start (PAGER=%s): %s", pager, err))
	return c.printText(text)
}

func (c *Console) printText(text string) error {
	if _, err := io.WriteString(c.Out, text); err != nil {
		return StdoutError(err)
	}
	return nil
}

// page runs a pager with a text on its stdin and waits until it ends. Stop signals do not
// end kin meanwhile: the pager would keep the terminal without a parent. page passes a
// signal on unless the terminal sent it to the pager too.
func (c *Console) page(ctx context.Context, pager, text string) error {
	child := pagerCommand(context.WithoutCancel(ctx), pager)
	child.Stdin, child.Stdout, child.Stderr = strings.NewReader(text), c.Out, c.ChildStderr()
	child.Env = os.Environ()
	if _, given := os.LookupEnv("LESS"); !given {
		child.Env = append(child.Env, "LESS=FRX") // as git and gh do: quit if the text fits, and leave it on the screen
	}
	signals := notifyStops()
	defer signal.Stop(signals)
	if err := child.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	defer close(done)
	go func() {
		for {
			select {
			case s := <-signals:
				if !fromTerminal(s) {
					_ = child.Process.Signal(s) // fails if the child has ended
				}
			case <-done:
				return
			}
		}
	}()
	return child.Wait()
}

// pagerCommand returns the command for a pager. It uses a shell only if the line needs one,
// so that signals passed on reach the pager itself.
func pagerCommand(ctx context.Context, line string) *exec.Cmd {
	if strings.ContainsAny(line, "|&;<>()$`\"'*?[#~=%") {
		return ShellCommand(ctx, line)
	}
	words := strings.Fields(line)
	return exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // running the user's pager is the purpose
}

// fitsTerminal reports whether w is not a terminal, or is one that shows the whole text and
// a prompt below it.
func fitsTerminal(w io.Writer, text string) bool {
	f, ok := w.(*os.File)
	if !ok || !IsTerminal(f) {
		return true
	}
	width, height, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return true // unknown size
	}
	rows := 1
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		rows += 1 + max(0, utf8.RuneCountInString(line)-1)/width
	}
	return rows <= height
}
