package reader

import (
	"strconv"

	"kin/internal/kpl"
	"kin/internal/record"
)

// An aggregate that expands to more than maxExpansion times its size, and to more than
// minExpansion bytes, is printed as one record. Otherwise a megabyte from a producer would become
// hundreds of megabytes at every reader.
const (
	maxExpansion = 256
	minExpansion = 64 << 20
)

// lineFunc appends a record as a JSON line.
type lineFunc func([]byte, record.Record) ([]byte, error)

// expandsTooFar reports whether the aggregate r expands beyond these limits, counted as JSON lines.
// It first compares an upper bound, and counts only if that does not decide, and only up to the
// limit.
func expandsTooFar(line lineFunc, a *kpl.Aggregated, r record.Record) bool {
	limit := max(minExpansion, maxExpansion*len(r.Data))
	// The size of a line besides names and key, and of the longest escape of a byte.
	const members, escape = 512, 6
	key := max(a.LongestKey(), len(r.PartitionKey))
	size := members + len(r.Stream) + len(r.ShardID) + len(r.SequenceNumber) + escape*key
	if int64(a.Records())*int64(size)+escape*int64(a.PayloadBytes()) <= int64(limit) {
		return false
	}
	c := expansion{line: line, r: r}
	for at := a.Cursor(); at.Next(); {
		u := at.Record
		if at.BadKey {
			u.PartitionKey = r.PartitionKey // as in expand
		}
		c.add(u, at.Index)
		if c.bytes > limit {
			return true
		}
	}
	return false
}

// expansion counts the bytes of an aggregate's JSON lines.
type expansion struct {
	line  lineFunc
	r     record.Record // the aggregate
	bytes int

	key, hashKey string // of the previous record
	keys         int    // bytes of that record's line without a payload
	scratch      []byte
}

// add counts one user record: a line with its keys and no payload, plus what its payload adds to a
// line without keys.
func (c *expansion) add(u kpl.Record, index int) {
	if c.keys == 0 || u.PartitionKey != c.key || u.ExplicitHashKey != c.hashKey {
		c.key, c.hashKey = u.PartitionKey, u.ExplicitHashKey
		c.keys = c.length(u.PartitionKey, u.ExplicitHashKey, nil)
	}
	c.bytes += c.keys + len(strconv.Itoa(index)) - 1
	if len(u.Data) > 0 {
		c.bytes += c.length("", "", u.Data) - c.length("", "", nil)
	}
}

// length is the length of a line. A line that cannot be encoded counts 0; it ends the run later,
// when it is printed.
func (c *expansion) length(key, hashKey string, data []byte) int {
	r := c.r
	r.Aggregated, r.PartitionKey, r.ExplicitHashKey, r.Data = true, key, hashKey, data
	line, err := c.line(c.scratch[:0], r)
	if err != nil {
		return 0
	}
	c.scratch = line
	return len(line)
}
