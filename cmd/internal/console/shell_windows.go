package console

import (
	"context"
	"os/exec"
	"syscall"
)

// ShellCommand is a command line as the system's shell reads it.
func ShellCommand(ctx context.Context, line string) *exec.Cmd {
	c := exec.CommandContext(ctx, "cmd.exe")
	// The shell's own quoting rules, not those of Go's argument list.
	c.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /S /C "` + line + `"`}
	return c
}
