package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// position is the position of a record in the stream.
type position struct{ shard, sequence string }

// record is a record of the stream.
type record struct {
	position
	key  string
	data string

	index int // among its shard's records
	first int // the first line that has it, from 1; 0 = none
	run   int // the last run that printed it
}

// shard is a shard of the stream, with its parents.
type shard struct {
	ShardID               string `json:"ShardId"`
	ParentShardID         string `json:"ParentShardId"`
	AdjacentParentShardID string `json:"AdjacentParentShardId"`

	depth int // number of generations before it
}

func (s *shard) parents() []string {
	var ids []string
	for _, id := range []string{s.ParentShardID, s.AdjacentParentShardID} {
		if id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// lines calls each for every line of a file. The line is without its newline; whole reports
// whether it had one. offset is the position of the line in the file.
func lines(path string, each func(offset int64, line []byte, whole bool) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	for offset := int64(0); ; {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			if err := each(offset, bytes.TrimSuffix(line, []byte("\n")), err == nil); err != nil {
				return fmt.Errorf("%s at %d: %w", path, offset, err)
			}
			offset += int64(len(line))
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// readStream reads the shards and the records of a stream from files. Parents must come before
// their children.
func (c *check) readStream(shards, records string) error {
	c.shards, c.stream, c.byShard = map[string]*shard{}, map[position]*record{}, map[string][]*record{}
	err := lines(shards, func(_ int64, line []byte, _ bool) error {
		s := &shard{}
		if err := json.Unmarshal(line, s); err != nil {
			return err
		}
		for _, id := range s.parents() {
			parent := c.shards[id]
			if parent == nil {
				return fmt.Errorf("%s is not listed before its child", id)
			}
			s.depth = max(s.depth, parent.depth+1)
		}
		c.shards[s.ShardID] = s
		return nil
	})
	if err != nil {
		return err
	}
	err = lines(records, func(_ int64, line []byte, _ bool) error {
		var in struct {
			ShardID        string
			SequenceNumber string
			PartitionKey   string
			Data           []byte
		}
		if err := json.Unmarshal(line, &in); err != nil {
			return err
		}
		r := &record{position: position{in.ShardID, in.SequenceNumber}, key: in.PartitionKey, data: string(in.Data)}
		before := c.byShard[in.ShardID]
		if n := len(before); n > 0 && !less(before[n-1].sequence, r.sequence) {
			return fmt.Errorf("the endpoint's sequence numbers do not increase")
		}
		r.index = len(before)
		c.byShard[in.ShardID] = append(before, r)
		c.stream[r.position] = r
		return nil
	})
	fmt.Printf("stream: %d records in %d shards, up to %d generations\n", len(c.stream), len(c.shards), c.generations())
	return err
}

func (c *check) generations() int {
	count := 0
	for _, s := range c.shards {
		count = max(count, s.depth+1)
	}
	return count
}

// less compares sequence numbers, which are decimal numbers without leading zeros.
func less(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

// written compares the stream with the input of kin write, which writes each record at least
// once.
func (c *check) written(path string) error {
	copies := map[string]int{}
	for _, r := range c.stream {
		copies[r.data]++
	}
	n, missing := 0, 0
	err := lines(path, func(_ int64, line []byte, _ bool) error {
		n++
		if copies[string(line)] == 0 {
			if missing++; missing <= shown {
				c.violated("written, but not in the stream: %.80s", line)
			} else {
				c.violations++
			}
			return nil
		}
		copies[string(line)] = 0
		return nil
	})
	if err != nil {
		return err
	}
	for data, n := range copies {
		if n > 0 {
			c.violated("in the stream, but never written: %.80s", data)
		}
	}
	fmt.Printf("written: %d records, %d missing in the stream, %d stored more than once by retries\n", n, missing, len(c.stream)-n+missing)
	return nil
}
