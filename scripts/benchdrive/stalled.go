package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// stalled runs kin read whose output is not read. It prints the peak memory and the documented
// limit: --fetch-buffer-size, 30 % more and 40 MB.
func (b bench) stalled(ctx context.Context, stream string, seconds int, megabytes string, args []string) error {
	mb, err := strconv.Atoi(megabytes)
	if err != nil {
		return err
	}
	args = append([]string{"read", stream, "--from", "trim_horizon", "--fetch-buffer-size", megabytes + "mb"}, args...)
	command := exec.CommandContext(ctx, b.kin, args...)
	if _, err := command.StdoutPipe(); err != nil { // open, but never read
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	time.Sleep(time.Duration(seconds) * time.Second)
	peak, err := memoryOf(command.Process.Pid, "VmHWM")
	_ = command.Process.Kill()
	_ = command.Wait()
	if err != nil {
		return err
	}
	bound := float64(mb)*1.3 + 40
	verdict := "within"
	if peak > bound {
		verdict = "ABOVE"
	}
	fmt.Printf("| %d MB | %s | %.0f MB | %.1f MB | %s |\n", mb, strings.Join(args[6:], " "), peak, bound, verdict)
	return nil
}

// memoryOf returns a figure of a process, such as VmHWM or VmRSS, in MB (10^6 bytes).
func memoryOf(pid int, figure string) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, figure+":"); found {
			kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
			return kib * 1024 / 1e6, err
		}
	}
	return 0, fmt.Errorf("no %s of process %d", figure, pid)
}
