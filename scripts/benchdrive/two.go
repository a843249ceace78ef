package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"kin/scripts/plainhttp"
)

// two runs two kin read with default settings on one stream while it is written to. It prints how
// many calls were throttled and how far the readers were behind. It returns an error if a reader
// does not keep up or 1 % of the calls are throttled.
func (b bench) two(ctx context.Context, stream string, seconds, rate int) error {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var readers [2]*twin
	for i := range readers {
		if readers[i], err = b.startTwin(ctx, stream, filepath.Join(dir, strconv.Itoa(i))); err != nil {
			return err
		}
	}
	time.Sleep(2 * time.Second) // both are at latest
	if err := b.endpoint.count(ctx, "GetRecords"); err != nil {
		return err
	}
	written, err := b.feed(ctx, stream, seconds, rate)
	if err != nil {
		return err
	}
	calls, err := b.endpoint.calls(ctx)
	if err != nil {
		return err
	}
	// Long enough for both readers to print the last records. A throttled reader waits for the
	// documented 5 s.
	time.Sleep(8 * time.Second)
	throttled := 0
	for i, t := range readers {
		if err := t.finish(ctx); err != nil {
			return err
		}
		throttled += t.throttles
		fmt.Printf("reader %d: %d of %d records, %d throttled, behind at most %d ms in a batch, %d ms at the end\n",
			i+1, t.records, written, t.throttles, t.mostBehind, t.lastBehind)
		if t.records != written {
			err = errors.Join(err, fmt.Errorf("reader %d did not keep up", i+1))
		}
	}
	share := 100 * float64(throttled) / float64(max(calls, 1))
	fmt.Printf("both: %d GetRecords at the endpoint while writing, %d throttled: %.2f %%\n", calls, throttled, share)
	if share >= 1 {
		err = errors.Join(err, fmt.Errorf("%.2f %% of the calls were throttled, want less than 1 %%", share))
	}
	return err
}

// feed writes steadily through kin write and returns the number of records.
func (b bench) feed(ctx context.Context, stream string, seconds, rate int) (int, error) {
	command := exec.CommandContext(ctx, b.kin, "write", stream)
	command.Stderr = os.Stderr
	pipe, err := command.StdinPipe()
	if err != nil {
		return 0, err
	}
	if err := command.Start(); err != nil {
		return 0, err
	}
	n := 0
	for began := time.Now(); time.Since(began) < time.Duration(seconds)*time.Second && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		for due := int(time.Since(began).Seconds() * float64(rate)); n < due; n++ {
			if _, err := pipe.Write(append(payload(n), '\n')); err != nil {
				return n, err
			}
		}
	}
	return n, errors.Join(pipe.Close(), command.Wait())
}

// twin is one of the two readers.
type twin struct {
	command *exec.Cmd
	address string // of its metrics
	file    string // of its batches

	records, throttles     int
	mostBehind, lastBehind int
}

func (b bench) startTwin(ctx context.Context, stream, file string) (*twin, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	t := &twin{address: address, file: file}
	t.command = exec.CommandContext(ctx, b.kin, "read", stream, "--metrics-listen", address, "--metrics", file)
	t.command.Stderr = os.Stderr
	// The two readers must not fetch at the same moments.
	time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond)
	return t, t.command.Start()
}

// finish reads the reader's metrics and ends it.
func (t *twin) finish(ctx context.Context) error {
	text, err := plainhttp.Endpoint("http://"+t.address).Send(ctx, "GET", "/metrics", nil)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch name {
		case "kin_records_total":
			t.records = number(value)
		case "kin_throttles_total":
			t.throttles = number(value)
		}
		if strings.HasPrefix(name, "kin_millis_behind_latest{") {
			t.lastBehind = max(t.lastBehind, number(value))
		}
	}
	_ = t.command.Process.Kill()
	_ = t.command.Wait()
	batches, err := os.ReadFile(t.file)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(batches)) {
		var batch struct {
			Sources []struct {
				Metrics struct {
					Max string `json:"maxMsBehindLatest"`
				} `json:"metrics"`
			} `json:"sources"`
		}
		if err := json.Unmarshal([]byte(line), &batch); err != nil {
			return err
		}
		for _, source := range batch.Sources {
			t.mostBehind = max(t.mostBehind, number(source.Metrics.Max))
		}
	}
	return nil
}

// number parses the value of a metric, which may have the form 1e+06. It returns 0 if that fails.
func number(s string) int {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0
	}
	return int(f)
}

// freeAddress returns an unused address of loopback.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
