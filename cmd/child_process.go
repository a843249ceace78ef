package cmd

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

// runCommand runs a program on kin's own streams, with variables added to its
// environment, and ends with its exit code, 128 plus the signal if one ended
// it. A signal that kin alone got is passed on; then it is the program that
// decides when to end.
func runCommand(ctx context.Context, e *env, command, variables []string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	//nolint:gosec,noctx // running what the user typed is the point; a context would kill it
	c := exec.Command(command[0], command[1:]...)
	c.Stdin, c.Stdout, c.Stderr = e.In, e.Out, e.childStderr()
	c.Env = append(os.Environ(), variables...)
	if err := c.Start(); err != nil {
		return notStarted(e, command[0], err)
	}
	stop := context.AfterFunc(ctx, func() {
		var s SignalError
		if errors.As(context.Cause(ctx), &s) && !fromTerminal(s.Signal) {
			_ = c.Process.Signal(s.Signal) // it may have ended by itself
		}
	})
	defer stop()
	err := c.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	if w, ok := exit.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return silentError{128 + int(w.Signal())}
	}
	return silentError{exit.ExitCode()}
}

// notStarted says why a command did not start, as a shell does.
func notStarted(e *env, name string, err error) error {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		e.print(fmt.Sprintf("%s: command not found", name))
		return silentError{exitNoCommand}
	}
	var path *fs.PathError
	var lookup *exec.Error
	switch {
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &lookup):
		err = lookup.Err
	}
	e.print(fmt.Sprintf("%s: %s", name, err))
	return silentError{exitNotExecutable}
}
