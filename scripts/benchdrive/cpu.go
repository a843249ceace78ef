package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// cpuRounds is the number of runs of each program, in turn. The result is the median.
const cpuRounds = 3

// cpu runs kin read and benchloop on the same stream of 1,000-byte payloads and discards their
// output. It prints the CPU time of each.
func (b bench) cpu(ctx context.Context, stream string, records int) error {
	gigabytes := float64(records) * 1000 / 1e9
	programs := []struct {
		name string
		args []string
	}{
		{"kin read", []string{b.kin, "read", stream, "--from", "trim_horizon", "--available-now", "-q",
			"--max-fetch-rate", "unlimited", "--min-fetch-period", "0s"}},
		{"plain loop", []string{b.loop, stream}},
	}
	perGB := make([][]float64, len(programs))
	for range cpuRounds {
		for i, p := range programs {
			if err := b.endpoint.count(ctx, "GetRecords"); err != nil {
				return err
			}
			command := exec.CommandContext(ctx, p.args[0], p.args[1:]...)
			command.Stderr = os.Stderr
			began := time.Now()
			if err := command.Run(); err != nil {
				return fmt.Errorf("%s: %w", strings.Join(p.args, " "), err)
			}
			wall := time.Since(began)
			calls, err := b.endpoint.calls(ctx)
			if err != nil {
				return err
			}
			user, system := command.ProcessState.UserTime(), command.ProcessState.SystemTime()
			each := (user + system).Seconds() / gigabytes
			perGB[i] = append(perGB[i], each)
			fmt.Printf("%-10s  %5.2f s user + %5.2f s system, %5.2f s by the clock, %3d GetRecords at the endpoint: %5.2f CPU s per GB\n",
				p.name, user.Seconds(), system.Seconds(), wall.Seconds(), calls, each)
		}
	}
	for i := range perGB {
		slices.Sort(perGB[i])
	}
	kin, loop := perGB[0][cpuRounds/2], perGB[1][cpuRounds/2]
	fmt.Printf("medians of %d on %.2f GB: kin read %.2f, plain loop %.2f CPU s per GB: %.1f times less\n", cpuRounds, gigabytes, kin, loop, loop/kin)
	return nil
}

// timed runs a command and returns the elapsed time.
func timed(command *exec.Cmd) (time.Duration, error) {
	began := time.Now()
	err := command.Run()
	return time.Since(began), err
}
