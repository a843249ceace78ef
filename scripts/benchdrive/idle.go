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

// idle runs kin on a stream that is not written to. It waits until there was a call of operation
// for each shard, and 10 s more. Then it measures and prints the CPU time, memory and calls of the
// given number of seconds.
func (b bench) idle(ctx context.Context, operation string, shards, seconds int, args []string) error {
	if err := b.endpoint.count(ctx, operation); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, b.kin, args...)
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	defer func() { _ = command.Process.Kill() }()
	for deadline := time.Now().Add(2 * time.Minute); ; {
		calls, err := b.endpoint.callsSoFar(ctx)
		if err != nil {
			return err
		}
		if calls >= shards {
			break
		}
		select {
		case err := <-ended:
			return fmt.Errorf("kin %s ended: %w", strings.Join(args, " "), err)
		case <-time.After(100 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("kin %s made %d calls of %s in two minutes, want one for each of %d shards", strings.Join(args, " "), calls, operation, shards)
		}
	}
	time.Sleep(10 * time.Second)
	before, err := processorTime(command.Process.Pid)
	if err != nil {
		return err
	}
	callsBefore, err := b.endpoint.callsSoFar(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	time.Sleep(time.Duration(seconds) * time.Second)
	after, err := processorTime(command.Process.Pid)
	if err != nil {
		return err
	}
	passed := time.Since(began).Seconds()
	calls, err := b.endpoint.calls(ctx)
	if err != nil {
		return err
	}
	resident, err := memoryOf(command.Process.Pid, "VmRSS")
	if err != nil {
		return err
	}
	peak, err := memoryOf(command.Process.Pid, "VmHWM")
	if err != nil {
		return err
	}
	fmt.Printf("| kin %s | %.3f | %.0f MB | %.0f MB | %.0f %s a second |\n", strings.Join(args, " "),
		(after-before).Seconds()/passed, resident, peak, float64(calls-callsBefore)/passed, operation)
	return nil
}

// processorTime returns the CPU time of a process so far, from Linux's /proc, in steps of 10 ms.
func processorTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the fields after the name
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("the stat of process %d has %d fields", pid, len(fields))
	}
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, err
}
