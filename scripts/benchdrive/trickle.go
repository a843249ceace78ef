package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"
)

// trickle runs kin read with a checkpoint. First nothing is written to the stream, then rate
// records a second are spread over all shards. It prints the CPU time of both and the cost of a
// save. If there is a rival, it is measured afterwards.
func (b bench) trickle(ctx context.Context, stream string, shards, seconds, rate int, args []string) error {
	for _, kin := range []string{b.kin, b.rival} {
		if kin == "" {
			continue
		}
		if err := b.trickleOf(ctx, kin, stream, shards, seconds, rate, args); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(kin), err)
		}
	}
	return nil
}

func (b bench) trickleOf(ctx context.Context, kin, stream string, shards, seconds, rate int, args []string) error {
	dir, err := os.MkdirTemp("", "trickle")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "trickle.ckpt")
	if err := b.endpoint.count(ctx, "GetRecords"); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, kin, append([]string{"read", stream, "--from", "latest", "--checkpoint", file, "-q"}, args...)...)
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		return err
	}
	defer func() {
		_ = command.Process.Kill()
		_ = command.Wait() // it was killed
	}()
	for deadline := time.Now().Add(2 * time.Minute); ; {
		calls, err := b.endpoint.callsSoFar(ctx)
		if err != nil {
			return err
		}
		if calls >= 2*shards {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d calls of GetRecords in two minutes, want two for each of %d shards", calls, shards)
		}
		time.Sleep(100 * time.Millisecond)
	}
	if _, err := b.endpoint.calls(ctx); err != nil { // the counter would use CPU time of the endpoint
		return err
	}
	idle, _, err := coresOf(ctx, command.Process.Pid, file, seconds)
	if err != nil {
		return err
	}
	writing, stop := context.WithCancel(ctx)
	written := make(chan error, 1)
	go func() { written <- b.drip(writing, stream, rate) }()
	busy, flushes, err := coresOf(ctx, command.Process.Pid, file, seconds)
	stop()
	if writeErr := <-written; err == nil {
		err = writeErr
	}
	if err != nil {
		return err
	}
	size, err := os.Stat(file)
	if err != nil {
		return err
	}
	fmt.Printf("| %s | %d | %.3f | %.3f | %.1f a second | %.2f ms | %.0f kB |\n", filepath.Base(kin), shards, idle, busy,
		flushes/float64(seconds), 1000*(busy-idle)*float64(seconds)/max(flushes, 1), float64(size.Size())/1000)
	return nil
}

// drip puts rate records a second with random keys until ctx ends.
func (b bench) drip(ctx context.Context, stream string, rate int) error {
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		err := b.endpoint.Call(ctx, "PutRecord", map[string]any{"StreamName": stream, "Data": payload(n), "PartitionKey": strconv.FormatUint(rand.Uint64(), 36)}, nil)
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// coresOf measures a process for the given number of seconds. It returns the cores that it uses and
// how often it replaces a file.
func coresOf(ctx context.Context, pid int, file string, seconds int) (cores, replaced float64, err error) {
	watching, stop := context.WithCancel(ctx)
	var count atomic.Int64
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var last fs.FileInfo
		for watching.Err() == nil {
			if now, err := os.Stat(file); err == nil && (last == nil || !os.SameFile(last, now)) {
				count.Add(1)
				last = now
			}
			time.Sleep(time.Millisecond)
		}
	}()
	before, err := processorTime(pid)
	began := time.Now()
	time.Sleep(time.Duration(seconds) * time.Second)
	after, err2 := processorTime(pid)
	stop()
	<-ended
	return (after - before).Seconds() / time.Since(began).Seconds(), float64(count.Load()), errors.Join(err, err2)
}
