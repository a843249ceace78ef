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

// The exit codes that a shell uses for a command that did not start.
const (
	exitNotExecutable = 126
	exitNoCommand     = 127
)

// RunCommand runs command with kin's stdin, stdout and stderr, and adds variables
// (NAME=VALUE) to its environment. If the program fails, the error is a SilentError with its
// exit code, or with 128 plus the number of the signal that ended it.
//
// When ctx ends by a signal that the child did not get, RunCommand passes the signal on. It
// then waits until the program ends by itself.
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
			_ = child.Process.Signal(s.Signal) // fails if the child has ended
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

// notStarted prints why a command did not start. It returns the exit code that a shell
// would use.
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
