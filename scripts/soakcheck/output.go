package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// run is one run of kin read.
type run struct {
	Start     int64
	Committed bool
	Killed    bool
	Bound     int64

	records  int // printed records
	repeated int // printed records that earlier runs had printed
	bytes    int // size of the repeated records
}

func readRuns(path string) ([]*run, error) {
	var runs []*run
	err := lines(path, func(_ int64, line []byte, _ bool) error {
		r := &run{}
		runs = append(runs, r)
		return json.Unmarshal(line, r)
	})
	return runs, err
}

// printed checks each line of the output. If a run was killed while it wrote, its last line is
// torn. The next run ends that line with a newline.
func (c *check) printed(path string, runs []*run) error {
	n, torn, now := 0, 0, -1
	err := lines(path, func(offset int64, line []byte, whole bool) error {
		n++
		for now+1 < len(runs) && runs[now+1].Start <= offset {
			now++
		}
		end := offset + int64(len(line))
		tears := now+1 < len(runs) && runs[now+1].Start <= end && len(line) > 0
		if tears && runs[now].Killed && runs[now+1].Start == end {
			torn++
			return nil
		}
		if !whole || tears {
			c.violated("line %d is torn, but not by a kill", n)
			return nil
		}
		if len(line) == 0 {
			c.violated("line %d is empty", n)
			return nil
		}
		c.line(n, line, now, runs[now])
		return nil
	})
	fmt.Printf("printed: %d lines in %d runs, %d of them torn by a kill\n", n, len(runs), torn)
	return err
}

// line checks one printed record.
func (c *check) line(n int, line []byte, now int, in *run) {
	var out struct {
		ShardID        string          `json:"shardId"`
		SequenceNumber string          `json:"sequenceNumber"`
		PartitionKey   string          `json:"partitionKey"`
		Data           json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(line, &out); err != nil {
		c.violated("line %d is not JSON: %v", n, err)
		return
	}
	r := c.stream[position{out.ShardID, out.SequenceNumber}]
	switch {
	case r == nil:
		c.violated("line %d is not in the stream: %s %s", n, out.ShardID, out.SequenceNumber)
		return
	case r.key != out.PartitionKey || r.data != string(out.Data):
		c.violated("line %d has another key or payload than %s %s", n, out.ShardID, out.SequenceNumber)
	}
	in.records++
	switch {
	case r.first == 0:
		r.first = n
	case r.run == now+1:
		c.violated("line %d repeats %s %s within a run", n, out.ShardID, out.SequenceNumber)
	default:
		in.repeated++
		in.bytes += len(line) + 1
	}
	r.run = now + 1
}

// complete checks that every record of the stream was printed.
func (c *check) complete() {
	missing := 0
	for _, id := range slices.Sorted(maps.Keys(c.byShard)) {
		for _, r := range c.byShard[id] {
			if r.first == 0 {
				missing++
				c.violated("never printed: %s %s %.60s", r.shard, r.sequence, r.data)
			}
		}
	}
	fmt.Printf("union: %d of %d records printed, %d missing\n", len(c.stream)-missing, len(c.stream), missing)
}

// ordered checks that the first copies are in the order of the lineage.
func (c *check) ordered() {
	keys := map[string][]*record{}
	shards, before := 0, c.violations
	for _, id := range slices.Sorted(maps.Keys(c.shards)) {
		last := 0 // the last line of the parents
		for _, parent := range c.shards[id].parents() {
			for _, r := range c.byShard[parent] {
				last = max(last, r.first)
			}
		}
		for _, r := range c.byShard[id] {
			if r.first > 0 && r.first < last {
				c.violated("out of order: line %d, %s %s, comes before line %d", r.first, r.shard, r.sequence, last)
			}
			last = max(last, r.first)
			keys[r.key] = append(keys[r.key], r)
		}
		shards++
	}
	moved := 0
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		records := keys[key]
		slices.SortStableFunc(records, func(a, b *record) int { return c.shards[a.shard].depth - c.shards[b.shard].depth })
		last := records[0]
		for _, r := range records[1:] {
			if r.shard != last.shard {
				if moved++; c.shards[r.shard].depth == c.shards[last.shard].depth {
					c.violated("key %s is in two shards of one generation: %s, %s", key, last.shard, r.shard)
				}
			}
			if r.first > 0 && r.first < last.first {
				c.violated("key %s out of order: line %d comes before line %d", key, r.first, last.first)
			}
			last = r
		}
	}
	fmt.Printf("order: %d keys that moved %d times between shards, %d shards, %d violations\n", len(keys), moved, shards, c.violations-before)
}

// repeats checks that a run repeats at most one batch for each kill since the checkpoint moved.
func (c *check) repeats(runs []*run) {
	var total, bytes, batches, kills, largest int
	var bound int64
	for i, r := range runs {
		if i > 0 {
			before := runs[i-1]
			if before.Committed {
				batches = 0
			}
			if before.Killed {
				batches++
				kills++
			}
		}
		bound = r.Bound
		if int64(r.bytes) > bound*int64(batches) {
			c.violated("run %d repeats %d records, %d bytes: more than %d batches of %d bytes", i+1, r.repeated, r.bytes, batches, bound)
		}
		if r.repeated > 0 {
			largest = max(largest, r.bytes)
		}
		total += r.repeated
		bytes += r.bytes
	}
	repeating := 0
	for _, r := range runs {
		if r.repeated > 0 {
			repeating++
		}
	}
	fmt.Printf("repeats: %d records (%d bytes) in %d of %d runs, after %d kills; limit %d bytes a kill, largest %d bytes\n",
		total, bytes, repeating, len(runs), kills, bound, largest)
	if len(runs) > 0 {
		fmt.Printf("the last run: %d new records, %d repeated\n", runs[len(runs)-1].records-runs[len(runs)-1].repeated, runs[len(runs)-1].repeated)
	}
}
