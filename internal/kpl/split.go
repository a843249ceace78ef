// Package kpl is the aggregated record of the Kinesis Producer Library: many
// user records in the payload of one record.
//
// It promises that every payload is either split into exactly the user records
// it was built from, or left alone; no payload makes it fail, and it needs
// memory for the keys only, however many records there are. It does no I/O and
// knows nothing of streams.
//
// The format is aggregation-format.md of awslabs/amazon-kinesis-producer: a
// magic number, a protocol buffer, and the MD5 of the protocol buffer.
//
//	message AggregatedRecord {
//	  repeated string partition_key_table     = 1;
//	  repeated string explicit_hash_key_table = 2;
//	  repeated Record records                 = 3;
//	}
//	message Record {
//	  required uint64 partition_key_index     = 1;
//	  optional uint64 explicit_hash_key_index = 2;
//	  required bytes  data                    = 3;
//	  repeated Tag    tags                    = 4;
//	}
package kpl

import (
	"bytes"
	"crypto/md5"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"kin/internal/lineage"
)

// Record is one user record of an aggregate.
type Record struct {
	PartitionKey string
	// ExplicitHashKey is a decimal number in 0..2^128-1, or empty.
	ExplicitHashKey string
	// Data is part of the payload that was split.
	Data []byte
}

// HashKey is where a user record belongs: at its explicit hash key, or else at
// the MD5 of its partition key.
func (r Record) HashKey() lineage.HashKey {
	if k, ok := lineage.ParseHashKey(r.ExplicitHashKey); ok {
		return k
	}
	return lineage.HashKeyOf(r.PartitionKey)
}

var magic = []byte{0xF3, 0x89, 0x9A, 0xC2}

// Numbers of the fields.
const (
	partitionKeyTable    = 1
	explicitHashKeyTable = 2
	records              = 3

	partitionKeyIndex    = 1
	explicitHashKeyIndex = 2
	recordData           = 3
)

// HasMagic reports whether a payload may be an aggregate: it begins as one.
func HasMagic(payload []byte) bool { return bytes.HasPrefix(payload, magic) }

// Aggregated is the payload of an aggregated record, checked to its end. The
// zero value holds no record; Parse may be called again and again.
type Aggregated struct {
	message []byte // the protocol buffer
	keys    table
	hashes  table
	text    string // the message as far as it holds keys, unless that is long
	records int
	data    int // bytes of all user payloads
}

// Parse takes a payload, which must not change while a is used. When it is not
// an aggregate, or one that is damaged in any way, it returns false: the payload
// is a record of its own, as AWS's client library has it. A record that refers
// to a key which is not in its table makes a damaged aggregate: nobody can say
// what its producer meant. A table of more than 32,768 keys that has more keys
// than there are records counts as damage too: no producer writes it, and it
// costs memory.
//
// An aggregate may hold no records. Tags and unknown fields are skipped. A key
// that Kinesis does not accept costs only the records that use it: see Cursor.
func (a *Aggregated) Parse(payload []byte) bool {
	a.message = nil
	body, isMagic := bytes.CutPrefix(payload, magic)
	if !isMagic || len(body) <= md5.Size || len(body) > math.MaxInt32 {
		return false
	}
	message, sum := body[:len(body)-md5.Size], body[len(body)-md5.Size:]
	if got := md5.Sum(message); !bytes.Equal(got[:], sum) {
		return false
	}
	if !a.read(message) {
		a.message = nil
		return false
	}
	return true
}

// Records is how many user records there are; this and what follows are for an
// aggregate.
func (a *Aggregated) Records() int { return a.records }

// PayloadBytes is how many bytes the payloads of all user records have.
func (a *Aggregated) PayloadBytes() int { return a.data }

// LongestKey is how many bytes the longest partition key has.
func (a *Aggregated) LongestKey() int { return a.keys.longest }

// read walks the message to its end and fills the tables, wherever they are.
func (a *Aggregated) read(message []byte) bool {
	a.message, a.records, a.data = message, 0, 0
	a.keys.reset()
	a.hashes.reset()
	mostKey, mostHash := -1, -1
	for at := 0; at < len(message); {
		f := next(message[at:])
		if f.size < 0 {
			return false
		}
		at += f.size
		switch {
		case f.is(records, protowire.BytesType):
			r, ok := parseRecord(f.bytes)
			if !ok {
				return false
			}
			mostKey, mostHash = max(mostKey, r.key), max(mostHash, r.hash)
			a.records++
			a.data += len(r.data)
		case f.is(partitionKeyTable, protowire.BytesType):
			a.keys.add(at-len(f.bytes), at)
		case f.is(explicitHashKeyTable, protowire.BytesType):
			a.hashes.add(at-len(f.bytes), at)
		}
	}
	if mostKey >= a.keys.count || mostHash >= a.hashes.count ||
		!a.keys.fill(message, partitionKeyTable, a.records) || !a.hashes.fill(message, explicitHashKeyTable, a.records) {
		return false
	}
	a.keys.check(message, isPartitionKey)
	a.hashes.check(message, isExplicitHashKey)
	a.text = ""
	if end := max(a.keys.end, a.hashes.end); end <= longText {
		a.text = string(message[:end])
	}
	return true
}

// longText is how far the keys may reach into a message for one string to hold
// them all.
const longText = 1 << 20

// key is a key of a table as a string; ok is false for a bad one.
func (a *Aggregated) key(t *table, index int) (_ string, ok bool) {
	s := t.spans[index]
	switch {
	case s.size == bad:
		return "", false
	case a.text == "":
		return string(a.message[s.from : int(s.from)+int(s.size)]), true
	}
	return a.text[s.from : int(s.from)+int(s.size)], true
}

// table is one of the two key tables of an aggregate. It may hold a key twice.
type table struct {
	spans   []span
	count   int
	longest int // bytes of a key
	end     int // of the last key
}

// span is where in the message a key is.
type span struct{ from, size int32 }

// bad is the size of a key that Kinesis does not accept.
const bad = -1

// manyKeys are noted while the message is walked. A table that has more is
// walked again, when it is known how many records there are.
const manyKeys = 1 << 15

func (t *table) reset() {
	if cap(t.spans) > manyKeys {
		t.spans = nil
	}
	*t = table{spans: t.spans[:0]}
}

func (t *table) add(from, to int) {
	if t.count++; t.count <= manyKeys {
		t.spans = append(t.spans, span{int32(from), int32(to - from)})
	}
}

// fill notes all keys of a table that has many. It is false for a table that no
// producer writes.
func (t *table) fill(message []byte, id protowire.Number, records int) bool {
	if t.count <= manyKeys {
		return true
	}
	if t.count > records {
		return false
	}
	t.spans = make([]span, 0, t.count)
	for at := 0; at < len(message); {
		f := next(message[at:])
		at += f.size
		if f.is(id, protowire.BytesType) {
			t.spans = append(t.spans, span{int32(at - len(f.bytes)), int32(len(f.bytes))})
		}
	}
	return true
}

// check marks the keys that are bad.
func (t *table) check(message []byte, accepted func([]byte) bool) {
	for i, s := range t.spans {
		t.end = int(s.from + s.size)
		if !accepted(message[s.from:t.end]) {
			t.spans[i].size = bad
		} else {
			t.longest = max(t.longest, int(s.size))
		}
	}
}

// field is one field on the wire.
type field struct {
	id     protowire.Number
	kind   protowire.Type
	size   int    // of the whole field; negative when it is malformed
	bytes  []byte // of a BytesType; it ends where the field ends
	number uint64 // of a VarintType
}

// is says whether the field is a known one. One that has a known number and
// another type is unknown, as all readers of protocol buffers have it.
func (f field) is(id protowire.Number, kind protowire.Type) bool { return f.id == id && f.kind == kind }

// next reads the field that b begins with.
func next(b []byte) field {
	if id := b[0] >> 3; b[0] < 0x80 && id > 0 && protowire.Type(b[0]&7) == protowire.BytesType { // nearly all
		if n, at := shortVarint(b, 1); n >= 0 && n <= len(b)-at {
			return field{id: protowire.Number(id), kind: protowire.BytesType, size: at + n, bytes: b[at : at+n]}
		}
	}
	id, kind, tag := protowire.ConsumeTag(b)
	if tag < 0 {
		return field{size: tag}
	}
	f := field{id: id, kind: kind}
	var n int
	switch kind {
	case protowire.BytesType:
		f.bytes, n = protowire.ConsumeBytes(b[tag:])
	case protowire.VarintType:
		f.number, n = protowire.ConsumeVarint(b[tag:])
	default:
		n = protowire.ConsumeFieldValue(id, kind, b[tag:])
	}
	if n < 0 {
		return field{size: n}
	}
	f.size = tag + n
	return f
}
