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

// latency puts one record at a time, at no particular moment of the reader's
// period, and takes the time from before the put until its line is here.
func (b bench) latency(ctx context.Context, stream string, records int, args []string) error {
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
	for n := -3; n < records; n++ { // the first are to warm up
		time.Sleep(time.Duration(300+rand.IntN(700)) * time.Millisecond)
		text := "record " + strconv.Itoa(n)
		put := time.Now()
		if err := b.endpoint.call(ctx, "PutRecord", map[string]any{
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
		return errors.New("a line too many")
	}
	_ = command.Wait() // it was killed
	slices.Sort(took)
	at := func(share float64) float64 { return took[int(share*float64(len(took)-1))].Seconds() * 1000 }
	fmt.Printf("kin %s: %d records, put to print: median %.1f ms, least %.1f, 10 %% %.1f, 90 %% %.1f, most %.1f\n",
		strings.Join(args, " "), len(took), at(0.5), at(0), at(0.1), at(0.9), at(1))
	return err
}
