package kpl

import (
	"crypto/md5"

	"google.golang.org/protobuf/encoding/protowire"
)

// Aggregate appends an aggregate of user records to dst. Aggregated.Parse reads it. Each
// key is stored once.
func Aggregate(dst []byte, users []Record) []byte {
	dst = append(dst, magic...)
	from := len(dst)
	partitionKeys, explicitHashKeys := map[string]uint64{}, map[string]uint64{}
	for i := range users {
		dst = appendKey(dst, partitionKeyTable, partitionKeys, users[i].PartitionKey)
	}
	for i := range users {
		if users[i].ExplicitHashKey != "" {
			dst = appendKey(dst, explicitHashKeyTable, explicitHashKeys, users[i].ExplicitHashKey)
		}
	}
	var message []byte
	for i := range users {
		u := &users[i]
		message = protowire.AppendTag(message[:0], partitionKeyIndex, protowire.VarintType)
		message = protowire.AppendVarint(message, partitionKeys[u.PartitionKey])
		if u.ExplicitHashKey != "" {
			message = protowire.AppendTag(message, explicitHashKeyIndex, protowire.VarintType)
			message = protowire.AppendVarint(message, explicitHashKeys[u.ExplicitHashKey])
		}
		message = protowire.AppendTag(message, recordData, protowire.BytesType)
		message = protowire.AppendBytes(message, u.Data)
		dst = protowire.AppendTag(dst, records, protowire.BytesType)
		dst = protowire.AppendBytes(dst, message)
	}
	sum := md5.Sum(dst[from:])
	return append(dst, sum[:]...)
}

// appendKey adds a key to its table, unless it is in it already.
func appendKey(dst []byte, table protowire.Number, seen map[string]uint64, key string) []byte {
	if _, ok := seen[key]; ok {
		return dst
	}
	seen[key] = uint64(len(seen))
	dst = protowire.AppendTag(dst, table, protowire.BytesType)
	return protowire.AppendString(dst, key)
}

// Size is the length of the aggregate of user records that all have the same partition key
// and the same explicit hash key, if any. The zero Size has no records.
type Size struct{ keys, records int }

// With returns the size with one more record. data is the length of its payload.
func (s Size) With(partitionKey, explicitHashKey string, data int) Size {
	message := 2 + protowire.SizeTag(recordData) + protowire.SizeBytes(data)
	if s.keys == 0 {
		s.keys = protowire.SizeTag(partitionKeyTable) + protowire.SizeBytes(len(partitionKey))
		if explicitHashKey != "" {
			s.keys += protowire.SizeTag(explicitHashKeyTable) + protowire.SizeBytes(len(explicitHashKey))
		}
	}
	if explicitHashKey != "" {
		message += 2
	}
	s.records += protowire.SizeTag(records) + protowire.SizeBytes(message)
	return s
}

// Bytes returns the length of the aggregate in bytes.
func (s Size) Bytes() int { return len(magic) + s.keys + s.records + md5.Size }
