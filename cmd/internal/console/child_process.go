package console

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
)

// The codes of a shell for a command that did not start.
const (
	exitNotExecutable = 126
	exitNoCommand     = 127
)

// RunCommand runs a program on kin's own streams, with variables added to its
// environment, and ends with its exit code, 128 plus the signal if one ended
// it. A signal that kin alone got is passed on; then it is the program that
// decides when to end.
func (c *Console) RunCommand(ctx context.Context, command, variables []string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	//nolint:gosec,noctx // running what the user typed is the point; a context would kill it
	child := exec.Command(command[0], command[1:]...)
	child.Stdin, child.Stdout, child.Stderr = c.In, c.Out, c.ChildStderr()
	child.Env = append(os.Environ(), variables...)
	if err := child.Start(); err != nil {
		return c.notStarted(command[0], err)
	}
	stop := context.AfterFunc(ctx, func() {
		var s SignalError
		if errors.As(context.Cause(ctx), &s) && !fromTerminal(s.Signal) {
			_ = child.Process.Signal(s.Signal) // it may have ended by itself
		}
	})
	defer stop()
	err := child.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	if w, ok := exit.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return SilentError{Code: 128 + int(w.Signal())}
	}
	return SilentError{Code: exit.ExitCode()}
}

// notStarted says why a command did not start, as a shell does.
func (c *Console) notStarted(name string, err error) error {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		c.Print(fmt.Sprintf("%s: command not found", name))
		return SilentError{Code: exitNoCommand}
	}
	var path *fs.PathError
	var lookup *exec.Error
	switch {
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &lookup):
		err = lookup.Err
	}
	c.Print(fmt.Sprintf("%s: %s", name, err))
	return SilentError{Code: exitNotExecutable}
}
