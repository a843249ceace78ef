package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// latency puts one record at a time and measures the time from before the put until its line
// arrives. A line arrives right after a fetch. The next put then waits for a random part of the
// fetch period, so that the puts are spread evenly over the period. period is in milliseconds, or
// 0 for enhanced fan-out.
func (b bench) latency(ctx context.Context, stream string, records, period int, args []string) error {
	command := exec.CommandContext(ctx, b.kin, args...)
	pipe, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	type seen struct {
		line string
		at   time.Time
	}
	lines := make(chan seen)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(pipe); s.Scan(); {
			lines <- seen{s.Text(), time.Now()}
		}
	}()
	var took []time.Duration
	const warming = 3
	rest, half := 250*time.Millisecond, fmt.Sprintf(" (half the fetch period: %.1f ms)", float64(period)/2)
	if period == 0 {
		period, rest, half = 100, 20*time.Millisecond, ""
	}
	turns := rand.Perm(records)
	for n := -warming; n < records; n++ {
		turn := turns[max(n, 0)]
		time.Sleep(rest + time.Duration((float64(turn)+rand.Float64())/float64(records)*float64(period)*float64(time.Millisecond)))
		text := "record " + strconv.Itoa(n)
		put := time.Now()
		if err := b.endpoint.Call(ctx, "PutRecord", map[string]any{
			"StreamName": stream, "Data": []byte(text), "PartitionKey": strconv.FormatUint(rand.Uint64(), 36),
		}, nil); err != nil {
			return err
		}
		select {
		case line := <-lines:
			if !strings.Contains(line.line, strconv.Quote(text)) {
				return fmt.Errorf("put %q, got %q", text, line.line)
			}
			if n >= 0 {
				took = append(took, line.at.Sub(put))
			}
		case <-time.After(30 * time.Second):
			return fmt.Errorf("%q was not printed within 30 s", text)
		}
	}
	err = command.Process.Kill()
	for range lines {
		return errors.New("kin printed more lines than records were put")
	}
	_ = command.Wait() // it was killed
	slices.Sort(took)
	at := func(share float64) float64 { return took[int(share*float64(len(took)-1))].Seconds() * 1000 }
	fmt.Printf("kin %s: %d records, put to print: median %.1f ms%s, least %.1f, 10 %% %.1f, 90 %% %.1f, 99 %% %.1f, most %.1f\n",
		strings.Join(args, " "), len(took), at(0.5), half, at(0), at(0.1), at(0.9), at(0.99), at(1))
	return err
}
