// Command soakcheck judges what scripts/soak left in a folder (soakdrive says
// what is there). It shares no code with kin, nor with soakdrive.
//
//	soakcheck [write|copy] DIR
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
//
// With write it ends with 0 only if every record of the input is in the stream
// with its key, and nothing besides; if the first copies of each key's records
// are in the order of the input; and if no more records are there more than
// once than what the runs said may be. With copy the same holds for the stream
// that was copied to, against the one that was copied, but for the order.
package main

import (
	"fmt"
	"os"
)

func main() {
	c := &check{}
	judges := map[string]func(string) error{"": c.judge, "write": c.judgeWrite, "copy": c.judgeCopy}
	of, dir := "", os.Args[len(os.Args)-1]
	if len(os.Args) == 3 {
		of = os.Args[1]
	}
	judge := judges[of]
	if judge == nil || len(os.Args) < 2 || len(os.Args) > 3 {
		fmt.Fprintln(os.Stderr, "usage: soakcheck [write|copy] DIR")
		os.Exit(2)
	}
	if err := judge(dir); err != nil {
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
	stream  map[position]*record
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
