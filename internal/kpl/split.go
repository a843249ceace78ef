// Package kpl reads and writes the aggregated records of the Kinesis Producer Library: many
// user records in the payload of one record.
//
// Every payload is either split into exactly the user records that it was built from, or it
// is not split. No payload makes the package panic. It allocates memory only for the keys,
// regardless of the number of records. It does no I/O.
//
// The format is aggregation-format.md of awslabs/amazon-kinesis-producer: a magic number, a
// protocol buffer, and the MD5 of the protocol buffer.
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
	// Data shares memory with the payload that was split.
	Data []byte
}

// HashKey returns the explicit hash key of a user record, or else the MD5 of its partition
// key.
func (r Record) HashKey() lineage.HashKey {
	if k, ok := lineage.ParseHashKey(r.ExplicitHashKey); ok {
		return k
	}
	return lineage.HashKeyOf(r.PartitionKey)
}

var magic = []byte{0xF3, 0x89, 0x9A, 0xC2}

// Field numbers.
const (
	partitionKeyTable    = 1
	explicitHashKeyTable = 2
	records              = 3

	partitionKeyIndex    = 1
	explicitHashKeyIndex = 2
	recordData           = 3
)

// HasMagic reports whether a payload begins like an aggregate.
func HasMagic(payload []byte) bool { return bytes.HasPrefix(payload, magic) }

// Aggregated is the validated payload of an aggregated record. The zero value has no
// records. Parse may be called several times.
type Aggregated struct {
	message []byte // the protocol buffer
	keys    table
	hashes  table
	text    string // the start of the message with all keys; empty if that is too long
	records int
	data    int // total bytes of all user payloads
}

// Parse parses a payload. The payload must not change while a is used. Parse returns false
// if the payload is not an aggregate or is damaged. It is then an ordinary record, as in
// AWS's client library.
//
// An aggregate is damaged if a record refers to a key that is not in its table, because the
// intended key is unknown. It also counts as damaged if a table has more than 32,768 keys
// and more keys than there are records: no producer writes that, and it costs memory.
//
// An aggregate may have no records. Tags and unknown fields are skipped. A key that Kinesis
// does not accept affects only the records that use it: see Cursor.
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

// Records returns the number of user records. This method and the following ones are valid
// after Parse has returned true.
func (a *Aggregated) Records() int { return a.records }

// PayloadBytes returns the total bytes of all user payloads.
func (a *Aggregated) PayloadBytes() int { return a.data }

// LongestKey returns the length of the longest partition key in bytes.
func (a *Aggregated) LongestKey() int { return a.keys.longest }

// read scans the whole message and fills the tables. They may be anywhere in the message.
func (a *Aggregated) read(message []byte) bool {
	a.message, a.records, a.data = message, 0, 0
	a.keys.reset()
	a.hashes.reset()
	maxKey, maxHash := -1, -1
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
			maxKey, maxHash = max(maxKey, r.key), max(maxHash, r.hash)
			a.records++
			a.data += len(r.data)
		case f.is(partitionKeyTable, protowire.BytesType):
			a.keys.add(at-len(f.bytes), at)
		case f.is(explicitHashKeyTable, protowire.BytesType):
			a.hashes.add(at-len(f.bytes), at)
		}
	}
	if maxKey >= a.keys.count || maxHash >= a.hashes.count ||
		!a.keys.fill(message, partitionKeyTable, a.records) || !a.hashes.fill(message, explicitHashKeyTable, a.records) {
		return false
	}
	a.keys.check(message, isPartitionKey)
	a.hashes.check(message, isExplicitHashKey)
	a.text = ""
	if end := max(a.keys.end, a.hashes.end); end <= maxKeyText {
		a.text = string(message[:end])
	}
	return true
}

// maxKeyText is the maximum length of Aggregated.text in bytes.
const maxKeyText = 1 << 20

// key returns a key of a table as a string. It is not ok for a bad key.
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

// table is one of the two key tables of an aggregate. It may contain a key twice.
type table struct {
	spans   []span
	count   int
	longest int // bytes of the longest key
	end     int // end of the last key in the message
}

// span is the location of a key in the message.
type span struct{ from, size int32 }

// bad is the size in the span of a key that Kinesis does not accept.
const bad = -1

// maxFirstScanKeys is the number of keys up to which the first scan stores a table. A larger table
// is filled by a second scan, when the number of records is known.
const maxFirstScanKeys = 1 << 15

func (t *table) reset() {
	if cap(t.spans) > maxFirstScanKeys {
		t.spans = nil
	}
	*t = table{spans: t.spans[:0]}
}

func (t *table) add(from, to int) {
	if t.count++; t.count <= maxFirstScanKeys {
		t.spans = append(t.spans, span{int32(from), int32(to - from)})
	}
}

// fill fills a table with more than maxFirstScanKeys keys. It returns false for a table that no
// producer writes.
func (t *table) fill(message []byte, id protowire.Number, records int) bool {
	if t.count <= maxFirstScanKeys {
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

// check marks the bad keys.
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

// field is one encoded field.
type field struct {
	id     protowire.Number
	kind   protowire.Type
	size   int    // bytes of the whole field; negative if it is malformed
	bytes  []byte // content of a BytesType; it ends with the field
	number uint64 // value of a VarintType
}

// is reports whether the field has this number and type. A known number with another type
// is an unknown field, as in all protocol buffer readers.
func (f field) is(id protowire.Number, kind protowire.Type) bool { return f.id == id && f.kind == kind }

// next reads the first field of b.
func next(b []byte) field {
	if id := b[0] >> 3; b[0] < 0x80 && id > 0 && protowire.Type(b[0]&7) == protowire.BytesType { // the most common case
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
