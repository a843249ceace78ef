package console

import (
	"context"
	"os/exec"
	"syscall"
)

// ShellCommand returns a command that runs line in cmd.exe.
func ShellCommand(ctx context.Context, line string) *exec.Cmd {
	c := exec.CommandContext(ctx, "cmd.exe")
	// cmd.exe has its own quoting rules, which differ from those of Go's argument list.
	c.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /S /C "` + line + `"`}
	return c
}
