package kpl

import (
	"math"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"kin/internal/lineage"
)

// Cursor iterates over the user records of an aggregate, in order. Create it with
// Aggregated.Cursor. It is valid until Parse is called again.
type Cursor struct {
	// Record is the current record. Its payload shares memory with the aggregate.
	Record Record
	// Index is the record's index in the aggregate: its sub-sequence number. It is -1 before
	// the first call of Next.
	Index int
	// BadKey means that the partition key is empty, not valid UTF-8 or longer than 256
	// characters; Record.PartitionKey is then empty. BadHashKey means that the explicit hash
	// key is no decimal number in 0..2^128-1; Record.ExplicitHashKey is then empty.
	BadKey, BadHashKey bool

	of *Aggregated
	at int // index in the message after the current record
}

// Cursor returns a cursor before the first record.
func (a *Aggregated) Cursor() Cursor { return Cursor{Index: -1, of: a} }

// Next moves to the next record. After the last one it returns false and does not change
// the cursor.
func (c *Cursor) Next() bool {
	a := c.of
	for c.at < len(a.message) {
		f := next(a.message[c.at:])
		c.at += f.size
		if !f.is(records, protowire.BytesType) {
			continue
		}
		r, _ := parseRecord(f.bytes)
		c.Index++
		key, ok := a.key(&a.keys, r.key)
		c.Record, c.BadKey, c.BadHashKey = Record{PartitionKey: key, Data: r.data}, !ok, false
		if r.hash >= 0 {
			c.Record.ExplicitHashKey, ok = a.key(&a.hashes, r.hash)
			c.BadHashKey = !ok
		}
		return true
	}
	return false
}

// maxKeyCharacters is the maximum length of a partition key in Kinesis, in characters.
const maxKeyCharacters = 256

func isPartitionKey(key []byte) bool {
	return len(key) > 0 && utf8.Valid(key) && (len(key) <= maxKeyCharacters || utf8.RuneCount(key) <= maxKeyCharacters)
}

// isExplicitHashKey accepts an empty key, which means none.
func isExplicitHashKey(key []byte) bool {
	_, ok := lineage.ParseHashKey(key)
	return ok || len(key) == 0
}

// raw is an encoded user record. Its keys are indexes into the tables; -1 means none.
type raw struct {
	key, hash int
	data      []byte
}

// parseRecord parses one record. It is not ok if a part is missing or malformed.
func parseRecord(b []byte) (r raw, ok bool) {
	if r, ok := parseCommon(b); ok {
		return r, true
	}
	r = raw{-1, -1, nil}
	filled := false
	for len(b) > 0 { // if a field occurs twice, the last one counts
		f := next(b)
		if f.size < 0 {
			return r, false
		}
		b = b[f.size:]
		switch {
		case f.is(partitionKeyIndex, protowire.VarintType):
			r.key = int(min(f.number, math.MaxInt32))
		case f.is(explicitHashKeyIndex, protowire.VarintType):
			r.hash = int(min(f.number, math.MaxInt32))
		case f.is(recordData, protowire.BytesType):
			r.data, filled = f.bytes, true
		}
	}
	return r, r.key >= 0 && filled
}

// parseCommon parses a record in the usual encoding: the fields in order and nothing after
// the payload.
func parseCommon(b []byte) (r raw, ok bool) {
	const (
		keyTag  = partitionKeyIndex<<3 | byte(protowire.VarintType)
		hashTag = explicitHashKeyIndex<<3 | byte(protowire.VarintType)
		dataTag = recordData<<3 | byte(protowire.BytesType)
	)
	if len(b) == 0 || b[0] != keyTag {
		return r, false
	}
	at := 1
	r.key, at = shortVarint(b, at)
	r.hash = -1
	if at < len(b) && b[at] == hashTag {
		r.hash, at = shortVarint(b, at+1)
	}
	if at >= len(b) || b[at] != dataTag {
		return r, false
	}
	size, at := shortVarint(b, at+1)
	if at > len(b) || size != len(b)-at {
		return r, false
	}
	r.data = b[at:]
	return r, true
}

// shortVarint reads a varint of at most three bytes at an index. It returns the index after
// it. For any other varint, n is -1 and end is len(b)+1.
func shortVarint(b []byte, at int) (n, end int) {
	for shift := 0; shift < 21 && at < len(b); shift += 7 {
		c := b[at]
		at++
		n |= int(c&0x7f) << shift
		if c < 0x80 {
			return n, at
		}
	}
	return -1, len(b) + 1
}
