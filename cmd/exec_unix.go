//go:build unix

package cmd

import (
	"context"
	"os/exec"
)

// shellCommand is a command line as the system's shell reads it.
func shellCommand(ctx context.Context, line string) *exec.Cmd {
	return exec.CommandContext(ctx, "/bin/sh", "-c", line)
}
