package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

const (
	keys = 97
	// buffer is the fetch buffer size. A batch is at most a quarter of it. With fanOutBuffer a
	// quarter is large enough for one event of enhanced fan-out, which may be a batch of its own.
	// An event has up to 1 MiB of payloads, and its JSON lines are twice as large.
	buffer       = 4_000_000
	fanOutBuffer = 10_000_000
)

// write feeds `kin write` steadily, and ends it by closing its input.
func (d *drive) write(ctx context.Context) error {
	written, err := os.Create(d.path("written.jsonl"))
	if err != nil {
		return err
	}
	log, err := os.Create(d.path("write.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.CommandContext(ctx, d.kin, "write", d.stream, "--key-field", "/key")
	command.Stderr = log
	pipe, err := command.StdinPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	r := d.random(3)
	running := make([]int, keys)
	padding := bytes.Repeat([]byte("kinesis "), 64)
	began := time.Now()
	for global := 0; d.sleep(ctx, 20*time.Millisecond); {
		for due := int(time.Since(began).Seconds() * float64(d.rate)); global < due; global++ {
			key := r.IntN(keys)
			line := fmt.Appendf(nil, "{\"key\":\"key-%02d\",\"n\":%d,\"global\":%d,\"padding\":\"%s\"}\n", key, running[key], global, padding[:r.IntN(len(padding))])
			running[key]++
			if _, err := written.Write(line); err != nil {
				return err
			}
			if _, err := pipe.Write(line); err != nil {
				return fmt.Errorf("feed kin write: %w", err)
			}
		}
	}
	if err := pipe.Close(); err != nil {
		return err
	}
	if err := command.Wait(); err != nil {
		return fmt.Errorf("kin write: %w, see write.log", err)
	}
	return written.Close()
}

// run is one run of kin read.
type run struct {
	Start     int64 // offset in read.jsonl at which it began
	Committed bool  // it changed the checkpoint
	Killed    bool
	Bound     int64 // largest batch in bytes
}

// kill runs kin read again and again and kills it after a random time. Most kills come just after
// the output grew, which is between the writing of a batch and its commit.
func (d *drive) kill(ctx context.Context) error {
	runs, err := createLines(d.path("runs.jsonl"))
	if err != nil {
		return err
	}
	defer func() { _ = runs.f.Close() }()
	r := d.random(4)
	for time.Now().Before(d.end) && ctx.Err() == nil {
		var wait time.Duration
		switch how := r.IntN(10); {
		case how < 2:
			wait = between(r, 20*time.Millisecond, time.Second)
		case how < 8:
			wait = between(r, time.Second, 6*time.Second)
		default:
			wait = between(r, 6*time.Second, 15*time.Second)
		}
		var polling bool
		if d.mode == "efo" {
			wait, polling = life(r), r.IntN(6) == 0
		}
		growing := r.IntN(3) > 0
		pause := between(r, time.Millisecond, 500*time.Millisecond)
		if r.IntN(6) == 0 {
			pause = between(r, 2*time.Second, 8*time.Second)
		}
		if err := d.runOnce(ctx, runs, polling, func() {
			d.sleep(ctx, wait)
			if growing {
				d.awaitGrowth(ctx, 5*time.Second)
			}
		}); err != nil {
			return err
		}
		d.sleep(ctx, pause)
	}
	return nil
}

// runOnce runs kin read until untilKill returns, and kills it with signal 9.
func (d *drive) runOnce(ctx context.Context, runs *jsonLines, polling bool, untilKill func()) error {
	command, done, err := d.read(ctx, polling)
	if err != nil {
		return err
	}
	if polling {
		d.count("polls", 1)
	}
	one := run{Start: d.size(), Killed: true, Bound: d.buffer() / 4}
	before := d.checkpoint()
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	due := make(chan struct{})
	go func() { untilKill(); close(due) }()
	select {
	case <-due:
		if err := command.Process.Kill(); err != nil {
			return err
		}
		if err := <-ended; err == nil {
			d.fail("kin read ended without a kill and without an error")
		}
		d.count("kills", 1)
	case err := <-ended:
		one.Killed = false
		d.fail("kin read ended without a kill: %v, see read.log", err)
		<-due
	}
	one.Committed = !bytes.Equal(before, d.checkpoint())
	return done(runs.enc.Encode(one))
}

// readRest makes the last run, without faults.
func (d *drive) readRest(ctx context.Context) error {
	runs, err := os.OpenFile(d.path("runs.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(runs, "{\"Start\":%d,\"Bound\":%d}\n", d.size(), d.buffer()/4); err != nil {
		return err
	}
	if err := runs.Close(); err != nil {
		return err
	}
	command, done, err := d.read(ctx, false, "--available-now")
	if err != nil {
		return err
	}
	if err := done(command.Run()); err != nil {
		return fmt.Errorf("the last kin read: %w, see read.log", err)
	}
	return nil
}

// buffer returns the --fetch-buffer-size of the runs.
func (d *drive) buffer() int64 {
	if d.mode == "efo" {
		return fanOutBuffer
	}
	return buffer
}

// read returns the kin read command, whose output is appended to read.jsonl. With polling it does
// not use enhanced fan-out, even in mode efo; it resumes from the same checkpoint. done closes the
// command's files and returns the error that it was given.
func (d *drive) read(ctx context.Context, polling bool, more ...string) (command *exec.Cmd, done func(error) error, err error) {
	const appending = os.O_CREATE | os.O_APPEND | os.O_RDWR
	out, err := os.OpenFile(d.path("read.jsonl"), appending, 0o644)
	if err != nil {
		return nil, nil, err
	}
	log, err := os.OpenFile(d.path("read.log"), appending, 0o644)
	if err != nil {
		return nil, nil, err
	}
	if d.mode == "efo" && !polling {
		// ResourceInUseException in a stream means that another reader took over the consumer.
		// Without --take-over it ends the run.
		more = append(more, "--efo", "--take-over")
	}
	command = exec.CommandContext(ctx, d.kin, append([]string{
		"read", d.stream, "--from", "trim_horizon", "--checkpoint", d.path("checkpoint"), "-v",
		"--fetch-buffer-size", fmt.Sprint(d.buffer()), "--max-shards-per-describe", "10",
	}, more...)...)
	command.Stdout, command.Stderr = out, log
	return command, func(err error) error {
		_, _ = io.WriteString(log, "--\n")
		_, _ = out.Close(), log.Close()
		return err
	}, nil
}

func (d *drive) size() int64 {
	info, err := os.Stat(d.path("read.jsonl"))
	if err != nil {
		return 0
	}
	return info.Size()
}

func (d *drive) checkpoint() []byte {
	b, err := os.ReadFile(d.path("checkpoint"))
	if err != nil {
		return nil // it does not exist yet
	}
	return b
}

// awaitGrowth waits until kin read writes output, but not longer than limit.
func (d *drive) awaitGrowth(ctx context.Context, limit time.Duration) {
	began := time.Now()
	for size := d.size(); d.size() == size && time.Since(began) < limit && ctx.Err() == nil; {
		time.Sleep(200 * time.Microsecond)
	}
}
