package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// copyStream is the destination of kin copy.
const copyStream = "copied"

// stop has the numbers that a run of kin write or kin copy reported at its end.
type stop struct {
	Through int64 // the first records of the input, up to this number, are written
	Written int64 // number of written records
	// The following may become extra copies once the rest is written. Twice counts possible
	// copies of records that were sent again because a request had no answer. Unsure counts
	// records that may or may not be written. Beyond counts records that were written although
	// an earlier one was not.
	Twice, Unsure, Beyond int64
	Rejected              int64
	Code                  int // exit code
}

// grace is shorter than some requests take. Some stops then do not know whether their last requests
// succeeded.
const grace = "3s"

// stopWrite creates an input, and runs and stops kin write again and again. Each run resumes after
// the last record that the previous run reported as written.
func (d *drive) stopWrite(ctx context.Context) error {
	if err := d.makeInput(); err != nil {
		return err
	}
	stops, err := createLines(d.path("stops.jsonl"))
	if err != nil {
		return err
	}
	defer func() { _ = stops.f.Close() }()
	r, skip := d.random(4), int64(0)
	for time.Now().Before(d.end) && ctx.Err() == nil {
		one, err := d.stopAfter(ctx, d.drawWait(r), d.writeArgs(skip, "--rate", fmt.Sprintf("%d/s", d.rate))...)
		if err != nil {
			return err
		}
		if one.Through < skip {
			one.Through = skip
		}
		skip = one.Through
		if err := stops.enc.Encode(one); err != nil {
			return err
		}
		if one.Code == 0 {
			return nil // the whole input is written
		}
	}
	return nil
}

// writeRest writes the rest of the input, without faults.
func (d *drive) writeRest(ctx context.Context) error {
	skip, err := d.through()
	if err != nil {
		return err
	}
	return d.lastRun(ctx, d.writeArgs(skip)...)
}

func (d *drive) writeArgs(skip int64, more ...string) []string {
	return append([]string{"write", d.stream, d.path("written.jsonl"), "--key-field", "/key", "--ordered", "--grace", grace,
		"--skip", strconv.FormatInt(skip, 10)}, more...)
}

// stopCopy runs kin copy again and again, and stops it.
func (d *drive) stopCopy(ctx context.Context) error {
	stops, err := createLines(d.path("stops.jsonl"))
	if err != nil {
		return err
	}
	defer func() { _ = stops.f.Close() }()
	r := d.random(4)
	for time.Now().Before(d.end) && ctx.Err() == nil {
		one, err := d.stopAfter(ctx, d.drawWait(r), d.copyArgs()...)
		if err != nil {
			return err
		}
		if err := stops.enc.Encode(one); err != nil {
			return err
		}
		if one.Code == 0 {
			d.fail("kin copy ended before it was stopped, without an error")
		}
	}
	return nil
}

// copyRest copies the rest, without faults.
func (d *drive) copyRest(ctx context.Context) error {
	return d.lastRun(ctx, d.copyArgs("--available-now")...)
}

func (d *drive) copyArgs(more ...string) []string {
	return append([]string{"copy", d.stream, copyStream, "--from", "trim_horizon", "--checkpoint", d.path("checkpoint"),
		"--grace", grace, "--max-fetch-duration", "1s"}, more...)
}

// drawWait draws the time until a run is stopped.
func (d *drive) drawWait(r *rand.Rand) time.Duration {
	switch how := r.IntN(10); {
	case how < 2:
		return between(r, 20*time.Millisecond, time.Second)
	case how < 8:
		return between(r, time.Second, 6*time.Second)
	}
	return between(r, 6*time.Second, 15*time.Second)
}

// stopAfter runs kin, stops it with SIGTERM after wait, and parses what it reported.
func (d *drive) stopAfter(ctx context.Context, wait time.Duration, args ...string) (stop, error) {
	var stderr bytes.Buffer
	command := exec.CommandContext(ctx, d.kin, args...)
	command.Stderr = &stderr
	if err := command.Start(); err != nil {
		return stop{}, err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	var err error
	select {
	case <-time.After(min(wait, max(0, time.Until(d.end)))):
		if err := command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return stop{}, err
		}
		err = <-ended
		d.count("stops", 1)
	case err = <-ended:
	}
	one := parseStop(stderr.String())
	if one.Code, err = exitCode(err); err != nil {
		return one, err
	}
	if one.Code != 0 && one.Code != 128+int(syscall.SIGTERM) {
		d.fail("kin %s ended with %d, see stops.log", args[0], one.Code)
	}
	return one, d.log(stderr.String(), one.Code)
}

// lastRun runs kin to its end.
func (d *drive) lastRun(ctx context.Context, args ...string) error {
	var stderr bytes.Buffer
	command := exec.CommandContext(ctx, d.kin, args...)
	command.Stderr = &stderr
	code, err := exitCode(command.Run())
	if err := errors.Join(err, d.log(stderr.String(), code)); err != nil {
		return err
	}
	if code != 0 {
		return fmt.Errorf("the last kin %s ended with %d: %s", args[0], code, stderr.String())
	}
	one := parseStop(stderr.String())
	f, err := os.OpenFile(d.path("stops.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(f, "{\"Written\":%d,\"Twice\":%d,\"Rejected\":%d,\"Last\":true}\n", one.Written, one.Twice, one.Rejected); err != nil {
		return err
	}
	return f.Close()
}

func exitCode(err error) (int, error) {
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() >= 0 {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// log appends the stderr of a run and its exit code to stops.log.
func (d *drive) log(stderr string, code int) error {
	f, err := os.OpenFile(d.path("stops.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(f, "%s-- %d\n", stderr, code); err != nil {
		return err
	}
	return f.Close()
}

// through returns the number of the last record that the last run reported as written, with all
// records before it.
func (d *drive) through() (int64, error) {
	b, err := os.ReadFile(d.path("stops.jsonl"))
	if err != nil {
		return 0, err
	}
	n := int64(0)
	for _, m := range regexp.MustCompile(`"Through":(\d+)`).FindAllSubmatch(b, -1) {
		if n, err = strconv.ParseInt(string(m[1]), 10, 64); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// The lines that a run prints at its end.
var (
	donePattern   = regexp.MustCompile(`(?m)^kin: (?:wrote|copied) ([\d,]+) records? .*: [\d,]+ retried, ([\d,]+) rejected(?:, ([\d,]+) possibly written (?:twice|more than once \(up to ([\d,]+) copies too many\)))?$`)
	upToPattern   = regexp.MustCompile(`(?m)^kin: records? (?:1 to )?([\d,]+) of the input (?:is|are) written`)
	beyondPattern = regexp.MustCompile(`(?m)^kin: (?:.* of the input (?:is|are) written, and ([\d,]+) later records?|.* is not written, but ([\d,]+) |([\d,]+) records? (?:is|are) written beyond the checkpoint)`)
	unsurePattern = regexp.MustCompile(`(?m)([\d,]+) (?:more|(?:more )?records?) may have been written`)
)

func parseStop(stderr string) stop {
	return stop{
		Written: figure(donePattern, stderr, 1), Rejected: figure(donePattern, stderr, 2), Twice: max(figure(donePattern, stderr, 3), figure(donePattern, stderr, 4)),
		Through: figure(upToPattern, stderr, 1), Beyond: figure(beyondPattern, stderr, 1) + figure(beyondPattern, stderr, 2) + figure(beyondPattern, stderr, 3), Unsure: figure(unsurePattern, stderr, 1),
	}
}

// figure returns the number in a group of the pattern, or 0 if stderr does not match.
func figure(what *regexp.Regexp, stderr string, group int) int64 {
	m := what.FindStringSubmatch(stderr)
	if m == nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(m[group], ",", ""), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// makeInput writes an input with rate lines for each second of the disruptions.
func (d *drive) makeInput() error {
	f, err := os.Create(d.path("written.jsonl"))
	if err != nil {
		return err
	}
	r := d.random(3)
	running := make([]int, keys)
	padding := bytes.Repeat([]byte("kinesis "), 64)
	var lines bytes.Buffer
	for n := range int(time.Until(d.end).Seconds() * float64(d.rate)) {
		key := r.IntN(keys)
		fmt.Fprintf(&lines, "{\"key\":\"key-%02d\",\"n\":%d,\"global\":%d,\"padding\":\"%s\"}\n", key, running[key], n, padding[:r.IntN(len(padding))])
		running[key]++
	}
	if _, err := f.Write(lines.Bytes()); err != nil {
		return err
	}
	return f.Close()
}
