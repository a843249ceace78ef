package main

import (
	"encoding/json"
	"fmt"
)

// stop is what a run of kin write or kin copy said when it ended.
type stop struct {
	Written, Twice, Unsure, Beyond, Rejected int64
}

// readStops returns how many copies too many of all records may be in the stream
// by what the runs said, all together.
func (c *check) readStops(path string) (allowed int64, err error) {
	var all stop
	runs := 0
	err = lines(path, func(_ int64, line []byte, _ bool) error {
		var one stop
		if err := json.Unmarshal(line, &one); err != nil {
			return err
		}
		runs++
		all.Written += one.Written
		all.Twice += one.Twice
		all.Unsure += one.Unsure
		all.Beyond += one.Beyond
		all.Rejected += one.Rejected
		return nil
	})
	fmt.Printf("said: %d records written in %d runs, %d copies that may be too many, %d that may be written, %d written behind others that were not, %d rejected\n",
		all.Written, runs, all.Twice, all.Unsure, all.Beyond, all.Rejected)
	if all.Rejected > all.Unsure {
		c.violated("%d records were rejected", all.Rejected)
	}
	return all.Twice + all.Unsure + all.Beyond, err
}

// judgeWrite holds the stream against the input of kin write.
func (c *check) judgeWrite(dir string) error {
	if err := c.readStream(dir+"/shards.jsonl", dir+"/stream.jsonl"); err != nil {
		return err
	}
	input := map[string]int{}
	numbers := map[string]int{}
	if err := lines(dir+"/written.jsonl", func(_ int64, line []byte, _ bool) error {
		input[string(line)]++
		numbers[string(line)] = len(numbers)
		return nil
	}); err != nil {
		return err
	}
	allowed, err := c.readStops(dir + "/stops.jsonl")
	if err != nil {
		return err
	}
	c.surplus(input, c.contents(), allowed)
	c.inOrder(numbers)
	return nil
}

// judgeCopy holds the stream that was copied to against the one that was copied.
func (c *check) judgeCopy(dir string) error {
	if err := c.readStream(dir+"/shards.jsonl", dir+"/stream.jsonl"); err != nil {
		return err
	}
	source := c.contents()
	if err := c.readStream(dir+"/copy-shards.jsonl", dir+"/copy-stream.jsonl"); err != nil {
		return err
	}
	allowed, err := c.readStops(dir + "/stops.jsonl")
	if err != nil {
		return err
	}
	c.surplus(source, c.contents(), allowed)
	return nil
}

// contents counts the records of the stream that was read last, by key and
// payload; the key is in the payload as well, and has to be the same.
func (c *check) contents() map[string]int {
	contents := map[string]int{}
	for _, r := range c.stream {
		var payload struct{ Key string }
		if err := json.Unmarshal([]byte(r.data), &payload); err != nil || payload.Key != r.key {
			c.violated("%s %s has the key %s, and %.60s", r.shard, r.sequence, r.key, r.data)
		}
		contents[r.data]++
	}
	return contents
}

// surplus wants each of want in got, at least as often, nothing besides, and no
// more copies too many of all of them than are allowed.
func (c *check) surplus(want, got map[string]int, allowed int64) {
	missing, foreign, more, copies := 0, 0, 0, int64(0)
	for data, n := range want {
		switch left := got[data] - n; {
		case left < 0:
			missing++
			c.violated("missing: %.80s", data)
		case left > 0:
			more++
			copies += int64(left)
		}
	}
	for data := range got {
		if want[data] == 0 {
			foreign++
			c.violated("never written: %.80s", data)
		}
	}
	fmt.Printf("records: %d wanted, %d missing, %d foreign; %d are there more often (%d copies too many), by what was said it may be %d copies\n",
		len(want), missing, foreign, more, copies, allowed)
	if copies > allowed {
		c.violated("there are %d copies too many, and only of %d it was said that there may be", copies, allowed)
	}
}

// inOrder wants the first copies of each key's records in the order of the
// input: by sequence number within a shard, and parents before children.
func (c *check) inOrder(numbers map[string]int) {
	last := map[string]int{}  // by key
	seen := map[string]bool{} // by payload
	before, keys := c.violations, map[string]bool{}
	for depth := range c.generations() {
		for id, records := range c.byShard {
			if c.shards[id].depth != depth {
				continue
			}
			for _, r := range records {
				keys[r.key] = true
				if seen[r.data] {
					continue
				}
				seen[r.data] = true
				if n := numbers[r.data] + 1; n < last[r.key] {
					c.violated("key %s out of order: record %d of the input comes behind record %d", r.key, n, last[r.key])
				} else {
					last[r.key] = n
				}
			}
		}
	}
	fmt.Printf("order: %d keys, %d violations\n", len(keys), c.violations-before)
}
