// Command soakcheck judges what scripts/soak left in a folder (soakdrive says
// what is there). It shares no code with kin, nor with soakdrive.
//
//	soakcheck DIR
//
// It ends with 0 only if
//
//   - every payload that was written is in the stream, and nothing besides;
//   - what the runs printed together is the stream: every record, with its
//     shard, key and payload, and nothing besides;
//   - the first occurrences of a key's records are in the order of the
//     lineage: by sequence number within a shard, and none of a child before
//     one of its parents; and so are those of each shard, whatever the key;
//   - no run prints a record twice, and what it repeats of earlier runs is at
//     most a batch for each kill since the checkpoint last moved.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: soakcheck DIR")
		os.Exit(2)
	}
	c := &check{}
	if err := c.judge(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "soakcheck:", err)
		os.Exit(1)
	}
	if c.violations > 0 {
		fmt.Printf("check: %d violations\n", c.violations)
		os.Exit(1)
	}
	fmt.Println("check: no violation")
}

// check is what was found so far.
type check struct {
	violations int

	shards  map[string]*shard
	stream  map[place]*record
	byShard map[string][]*record // in the stream's order
}

// shown is how many violations are printed; all are counted.
const shown = 20

func (c *check) violated(format string, args ...any) {
	if c.violations++; c.violations <= shown {
		fmt.Printf("VIOLATION: "+format+"\n", args...)
	}
}

func (c *check) judge(dir string) error {
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
