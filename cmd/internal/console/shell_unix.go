//go:build unix

package console

import (
	"context"
	"os/exec"
)

// ShellCommand returns a command that runs line in /bin/sh.
func ShellCommand(ctx context.Context, line string) *exec.Cmd {
	return exec.CommandContext(ctx, "/bin/sh", "-c", line)
}
