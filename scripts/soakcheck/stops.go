package main

import (
	"encoding/json"
	"fmt"
)

// stop has the numbers that a run of kin write or kin copy reported at its end. soakdrive
// describes them.
type stop struct {
	Written, Twice, Unsure, Beyond, Rejected int64
}

// readStops returns the number of extra copies that the runs together reported as possible.
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
	fmt.Printf("reported: %d records written in %d runs, %d possible extra copies, %d records possibly written, %d written after one that was not, %d rejected\n",
		all.Written, runs, all.Twice, all.Unsure, all.Beyond, all.Rejected)
	if all.Rejected > all.Unsure {
		c.violated("%d records were rejected", all.Rejected)
	}
	return all.Twice + all.Unsure + all.Beyond, err
}

// checkWrite compares the stream with the input of kin write.
func (c *check) checkWrite(dir string) error {
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

// checkCopy compares the destination of kin copy with its source.
func (c *check) checkCopy(dir string) error {
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

// contents counts the records of the stream that was read last, by payload. The payload contains
// the key, which must be the partition key.
func (c *check) contents() map[string]int {
	contents := map[string]int{}
	for _, r := range c.stream {
		var payload struct{ Key string }
		if err := json.Unmarshal([]byte(r.data), &payload); err != nil || payload.Key != r.key {
			c.violated("%s %s has the key %s and the payload %.60s", r.shard, r.sequence, r.key, r.data)
		}
		contents[r.data]++
	}
	return contents
}

// surplus checks that got has each payload of want at least as often and no other payload. All
// payloads together may have at most allowed extra copies.
func (c *check) surplus(want, got map[string]int, allowed int64) {
	missing, foreign, duplicated, copies := 0, 0, 0, int64(0)
	for data, n := range want {
		switch extra := got[data] - n; {
		case extra < 0:
			missing++
			c.violated("missing: %.80s", data)
		case extra > 0:
			duplicated++
			copies += int64(extra)
		}
	}
	for data := range got {
		if want[data] == 0 {
			foreign++
			c.violated("never written: %.80s", data)
		}
	}
	fmt.Printf("records: %d expected, %d missing, %d foreign; %d duplicated (%d extra copies, %d reported as possible)\n",
		len(want), missing, foreign, duplicated, copies, allowed)
	if copies > allowed {
		c.violated("%d extra copies, but the runs reported only %d as possible", copies, allowed)
	}
}

// inOrder checks that the first copies of each key's records are in the order of the input. The
// order in the stream is by sequence number within a shard, and parents before children.
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
					c.violated("key %s out of order: record %d of the input comes after record %d", r.key, n, last[r.key])
				} else {
					last[r.key] = n
				}
			}
		}
	}
	fmt.Printf("order: %d keys, %d violations\n", len(keys), c.violations-before)
}
