package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// position is where a record is in the stream.
type position struct{ shard, sequence string }

// record is one of the stream.
type record struct {
	position
	key  string
	data string

	index int // among its shard's records
	first int // the line that printed it first, from 1; 0 = none
	run   int // the last run that printed it
}

// shard is one of the stream's, with its parents.
type shard struct {
	ShardID               string `json:"ShardId"`
	ParentShardID         string `json:"ParentShardId"`
	AdjacentParentShardID string `json:"AdjacentParentShardId"`

	depth int // how many generations it has above it
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

// lines calls each for every line of a file, without its newline, and with the
// offset where it begins. whole says that it has a newline.
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

// readStream reads what the stream holds. The shards come parents first.
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
			return fmt.Errorf("the endpoint's sequence numbers do not grow")
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
	most := 0
	for _, s := range c.shards {
		most = max(most, s.depth+1)
	}
	return most
}

// less compares sequence numbers, decimal numbers without leading zeros.
func less(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

// written holds the stream against what went into kin write, which writes at
// least once.
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
				c.violated("written and not in the stream: %.80s", line)
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
	for data, left := range copies {
		if left > 0 {
			c.violated("in the stream and never written: %.80s", data)
		}
	}
	fmt.Printf("written: %d records, %d missing in the stream, %d stored more than once by retries\n", n, missing, len(c.stream)-n+missing)
	return nil
}
