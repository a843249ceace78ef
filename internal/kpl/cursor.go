package kpl

import (
	"math"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"kin/internal/lineage"
)

// Cursor walks over the user records of an aggregate, in order. It is made by
// Cursor, and stays good as long as the Aggregated is not parsed anew.
type Cursor struct {
	// Record is the current record. Its payload is part of the aggregate's.
	Record Record
	// Index is the record's place in the aggregate: its sub-sequence number. It
	// is -1 before the first Next.
	Index int
	// BadKey says that the record's partition key is empty, not valid UTF-8 or
	// longer than 256 characters; Record has none. BadHashKey says that its explicit hash
	// key is no decimal number in 0..2^128-1; Record has none.
	BadKey, BadHashKey bool

	of *Aggregated
	at int // in the message: behind the current record
}

// Cursor begins before the first record.
func (a *Aggregated) Cursor() Cursor { return Cursor{Index: -1, of: a} }

// Next goes on to the next record. It returns false behind the last one, and
// leaves the cursor as it is.
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

// mostKey is how many characters a partition key may have in Kinesis.
const mostKey = 256

func isPartitionKey(key []byte) bool {
	return len(key) > 0 && utf8.Valid(key) && (len(key) <= mostKey || utf8.RuneCount(key) <= mostKey)
}

// isExplicitHashKey accepts an empty key as none.
func isExplicitHashKey(key []byte) bool {
	_, ok := lineage.ParseHashKey(key)
	return ok || len(key) == 0
}

// raw is a user record on the wire: its keys are indexes of the tables, -1 for
// none.
type raw struct {
	key, hash int
	data      []byte
}

// parseRecord reads one record. ok is false when a part of it is missing or
// malformed.
func parseRecord(b []byte) (r raw, ok bool) {
	if r, ok := parseCommon(b); ok {
		return r, true
	}
	r = raw{-1, -1, nil}
	filled := false
	for len(b) > 0 { // of a field that comes twice the last counts
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

// parseCommon reads a record as producers write nearly all: the fields in order,
// nothing behind the payload.
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

// shortVarint reads a varint of at most three bytes at an index, and returns the
// index behind it: one behind b for any other.
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
