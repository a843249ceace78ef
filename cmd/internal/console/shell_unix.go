//go:build unix

package console

import (
	"context"
	"os/exec"
)

// ShellCommand is a command line as the system's shell reads it.
func ShellCommand(ctx context.Context, line string) *exec.Cmd {
	return exec.CommandContext(ctx, "/bin/sh", "-c", line)
}
