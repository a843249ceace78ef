// Package kpl is the aggregated record of the Kinesis Producer Library: many
// user records in the payload of one record.
//
// It promises that every payload is either split into exactly the user records
// it was built from, or left alone; no payload makes it fail. It does no I/O
// and knows nothing of streams.
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
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// Record is one user record of an aggregate.
type Record struct {
	PartitionKey string
	// ExplicitHashKey is a decimal number in 0..2^128-1, or empty.
	ExplicitHashKey string
	// Data is part of the payload that was split.
	Data []byte
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

// mostKey is how many characters a partition key may have in Kinesis. What is
// longer was not put by anybody, and would be repeated in every record that
// refers to it.
const mostKey = 256

// Split appends the user records of an aggregate to dst, in order: the index
// of each is its sub-sequence number. When the payload is not an aggregate, or
// one that is damaged in any way, dst is returned as it was and ok is false:
// the payload is a record of its own, as AWS's client library has it.
//
// An aggregate may hold no records. Tags and unknown fields are skipped.
func Split(dst []Record, payload []byte) (_ []Record, ok bool) {
	body, isMagic := bytes.CutPrefix(payload, magic)
	if !isMagic || len(body) <= md5.Size {
		return dst, false
	}
	message, sum := body[:len(body)-md5.Size], body[len(body)-md5.Size:]
	if got := md5.Sum(message); !bytes.Equal(got[:], sum) {
		return dst, false
	}
	var few [2][64]span // on the stack
	t, end, ok := tables{few[0][:0], few[1][:0]}.read(message)
	if !ok {
		return dst, false
	}
	text := string(message[:end])
	n := len(dst)
	for rest := message; len(rest) > 0; {
		f := next(rest)
		rest = rest[f.size:]
		if f.is(records, protowire.BytesType) {
			r, ok := t.record(text, f.bytes)
			if !ok {
				return dst[:n], false
			}
			dst = append(dst, r)
		}
	}
	return dst, true
}

// tables are the two key tables of an aggregate. They may hold a key twice.
type tables struct{ partitionKeys, explicitHashKeys []span }

// span is where in the message a key is.
type span struct{ from, to int }

// read adds the keys of a message to the tables, wherever they are in it, and
// says whether the message can be walked to its end and every key be used. The
// keys are in the message up to end: one string of it holds them all. The
// tables go in and out by value, which keeps small ones off the heap.
func (t tables) read(message []byte) (_ tables, end int, ok bool) {
	for at := 0; at < len(message); {
		f := next(message[at:])
		if f.size < 0 {
			return t, 0, false
		}
		at += f.size
		key := span{at - len(f.bytes), at}
		switch {
		case f.is(partitionKeyTable, protowire.BytesType):
			if !utf8.Valid(f.bytes) || utf8.RuneCount(f.bytes) > mostKey {
				return t, 0, false
			}
			t.partitionKeys, end = append(t.partitionKeys, key), at
		case f.is(explicitHashKeyTable, protowire.BytesType):
			if _, ok := parseHashKey(f.bytes); !ok && len(f.bytes) > 0 {
				return t, 0, false
			}
			t.explicitHashKeys, end = append(t.explicitHashKeys, key), at
		}
	}
	return t, end, true
}

// record reads one record of the message; text is the message as far as it
// holds keys. Of a field that comes twice the last counts.
func (t tables) record(text string, b []byte) (r Record, ok bool) {
	var keyed, filled bool
	for len(b) > 0 {
		f := next(b)
		if f.size < 0 {
			return Record{}, false
		}
		b = b[f.size:]
		switch {
		case f.is(partitionKeyIndex, protowire.VarintType):
			if r.PartitionKey, keyed = lookUp(text, t.partitionKeys, f.number); !keyed {
				return Record{}, false
			}
		case f.is(explicitHashKeyIndex, protowire.VarintType):
			if r.ExplicitHashKey, ok = lookUp(text, t.explicitHashKeys, f.number); !ok {
				return Record{}, false
			}
		case f.is(recordData, protowire.BytesType):
			r.Data, filled = f.bytes, true
		}
	}
	return r, keyed && filled
}

func lookUp(text string, table []span, index uint64) (key string, ok bool) {
	if index >= uint64(len(table)) {
		return "", false
	}
	s := table[index]
	return text[s.from:s.to], true
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
