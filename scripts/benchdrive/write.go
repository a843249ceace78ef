package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// line returns KEY:PAYLOAD. Key and payload together have 1,000 bytes.
func line(n int) []byte {
	key := fmt.Sprintf("key-%08x", uint32(n)*2654435761)
	return fmt.Appendf(nil, "%s:%s", key, payload(n)[:1000-len(key)])
}

// write runs kin write and benchput on the same file. It prints how many records each writes in a
// second of CPU time.
func (b bench) write(ctx context.Context, stream string, records int, file string) error {
	if err := writeLines(file, records); err != nil {
		return err
	}
	programs := []struct {
		name string
		args []string
	}{
		{"kin write", []string{b.kin, "write", stream, file, "--key-delimiter", ":", "--rate", "unlimited", "-q"}},
		{"plain loop", []string{b.put, stream, file}},
	}
	perSecond := make([][]float64, len(programs))
	for range cpuRounds {
		for i, p := range programs {
			// Old records would use memory of the endpoint.
			if err := b.endpoint.renew(ctx, stream); err != nil {
				return err
			}
			command := exec.CommandContext(ctx, p.args[0], p.args[1:]...)
			command.Stderr = os.Stderr
			wall, err := timed(command)
			if err != nil {
				return fmt.Errorf("%s: %w", strings.Join(p.args, " "), err)
			}
			user, system := command.ProcessState.UserTime(), command.ProcessState.SystemTime()
			each := float64(records) / (user + system).Seconds()
			perSecond[i] = append(perSecond[i], each)
			fmt.Printf("%-10s  %5.2f s user + %5.2f s system, %5.2f s by the clock: %.0f records per CPU second\n",
				p.name, user.Seconds(), system.Seconds(), wall.Seconds(), each)
		}
	}
	for i := range perSecond {
		slices.Sort(perSecond[i])
	}
	kin, loop := perSecond[0][cpuRounds/2], perSecond[1][cpuRounds/2]
	fmt.Printf("medians of %d of %d records of 1,000 bytes: kin write %.0f, plain loop %.0f records per CPU second: %.2f times as many\n",
		cpuRounds, records, kin, loop, kin/loop)
	return nil
}

func writeLines(file string, records int) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	for n := range records {
		if _, err := w.Write(append(line(n), '\n')); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
