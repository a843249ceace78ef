// Command soakcheck checks the results of scripts/soak in a folder. The comment of soakdrive
// lists its files. soakcheck shares no code with kin or soakdrive.
//
//	soakcheck [write|copy] DIR
//
// The exit code is 0 only if
//
//   - the stream has every payload that was written and no other;
//   - the runs together printed every record of the stream, with its shard, key and payload, and
//     nothing else;
//   - the first copies of a key's records are in the order of the lineage: by sequence number
//     within a shard, and parents before children; the same holds for each shard;
//   - no run prints a record twice;
//   - a run repeats at most one batch of earlier runs for each kill since the checkpoint moved.
//
// With write the exit code is 0 only if
//
//   - the stream has every record of the input with its key, and nothing else;
//   - the first copies of each key's records are in the order of the input;
//   - the stream has no more extra copies than the runs reported as possible.
//
// With copy the destination is compared with the source in the same way, except for the order.
package main

import (
	"fmt"
	"os"
)

func main() {
	c := &check{}
	checks := map[string]func(string) error{"": c.checkRead, "write": c.checkWrite, "copy": c.checkCopy}
	mode, dir := "", os.Args[len(os.Args)-1]
	if len(os.Args) == 3 {
		mode = os.Args[1]
	}
	run := checks[mode]
	if run == nil || len(os.Args) < 2 || len(os.Args) > 3 {
		fmt.Fprintln(os.Stderr, "usage: soakcheck [write|copy] DIR")
		os.Exit(2)
	}
	if err := run(dir); err != nil {
		fmt.Fprintln(os.Stderr, "soakcheck:", err)
		os.Exit(1)
	}
	if c.violations > 0 {
		fmt.Printf("check: %d violations\n", c.violations)
		os.Exit(1)
	}
	fmt.Println("check: no violation")
}

// check has the violations and the stream of one check.
type check struct {
	violations int

	shards  map[string]*shard
	stream  map[position]*record
	byShard map[string][]*record // by sequence number
}

// shown is the number of violations that are printed. All are counted.
const shown = 20

func (c *check) violated(format string, args ...any) {
	if c.violations++; c.violations <= shown {
		fmt.Printf("VIOLATION: "+format+"\n", args...)
	}
}

// checkRead checks the soaks that kill kin read.
func (c *check) checkRead(dir string) error {
	if err := c.readStream(dir+"/shards.jsonl", dir+"/stream.jsonl"); err != nil {
		return err
	}
	if err := c.written(dir + "/written.jsonl"); err != nil {
		return err
	}
	runs, err := readRuns(dir + "/runs.jsonl")
	if err != nil {
		return err
	}
	if err := c.printed(dir+"/read.jsonl", runs); err != nil {
		return err
	}
	c.complete()
	c.ordered()
	c.repeats(runs)
	return nil
}
