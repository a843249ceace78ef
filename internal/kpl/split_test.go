package kpl

import (
	"bytes"
	"crypto/md5"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"kin/internal/lineage"
)

// vector is one aggregate in testdata, made with AWS's module for Node.
type vector struct {
	Name    string
	Records []Record
	payload []byte
}

func vectors(t testing.TB) []vector {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	for i := range all {
		if all[i].payload, err = os.ReadFile(filepath.Join("testdata", all[i].Name+".bin")); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// split appends the user records of an aggregate to dst.
func split(dst []Record, payload []byte) ([]Record, bool) {
	var a Aggregated
	if !a.Parse(payload) {
		return dst, false
	}
	for c := a.Cursor(); c.Next(); {
		dst = append(dst, c.Record)
	}
	return dst, true
}

func TestSplitsAggregatesOfAWS(t *testing.T) {
	all := vectors(t)
	if len(all) != 8 {
		t.Errorf("%d vectors, want 8", len(all))
	}
	for _, v := range all {
		if got, ok := split(nil, v.payload); !ok || !reflect.DeepEqual(got, v.Records) {
			t.Errorf("%s: got %.500q, %t, want %.500q", v.Name, got, ok, v.Records)
		}
	}
}

func TestDoesNotSplitDamagedAggregates(t *testing.T) {
	before := []Record{{PartitionKey: "before"}}
	for _, v := range vectors(t) {
		// Every changed byte and every missing byte is damage.
		for i := 0; i < len(v.payload); i += 1 + len(v.payload)/300 {
			broken := bytes.Clone(v.payload)
			broken[i] ^= 0x40
			if got, ok := split(before, broken); ok || !reflect.DeepEqual(got, before) {
				t.Errorf("%s with byte %d changed: got %d records, %t", v.Name, i, len(got), ok)
			}
			if got, ok := split(before, v.payload[:i]); ok || !reflect.DeepEqual(got, before) {
				t.Errorf("%s cut at byte %d: got %d records, %t", v.Name, i, len(got), ok)
			}
		}
		if _, ok := split(nil, append(bytes.Clone(v.payload), 0)); ok {
			t.Errorf("%s with a byte more is split", v.Name)
		}
	}
}

// seal returns an aggregate whose message has these fields.
func seal(fields ...[]byte) []byte {
	message := bytes.Join(fields, nil)
	sum := md5.Sum(message)
	return slices.Concat(magic, message, sum[:])
}

func text(id protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, id, protowire.BytesType), s)
}

func number(id protowire.Number, n uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, id, protowire.VarintType), n)
}

// record returns a record field with these fields.
func record(fields ...[]byte) []byte { return text(records, string(bytes.Join(fields, nil))) }

func TestParsesMessagesAsProtocolBuffers(t *testing.T) {
	const most = "340282366920938463463374607431768211455"
	key, hash := text(1, "k"), text(2, "7")
	first, data := number(1, 0), text(3, "d")
	k := Record{PartitionKey: "k", Data: []byte("d")}
	fixed := protowire.AppendFixed64(protowire.AppendTag(nil, 9, protowire.Fixed64Type), 1)
	group := protowire.AppendGroup(protowire.AppendTag(nil, 10, protowire.StartGroupType), 10, number(1, 3))
	tag := text(4, string(append(text(1, "name"), text(2, "value")...)))

	for _, test := range []struct {
		name    string
		payload []byte
		want    []Record // nil: not an aggregate
	}{
		{"one record", seal(key, record(first, data)), []Record{k}},
		{"the tables after the records", seal(record(first, number(2, 0), data), hash, key), []Record{{"k", "7", []byte("d")}}},
		{"no record", seal(key), []Record{}},
		{"an unknown field alone", seal(text(15, "x")), []Record{}},
		{"a key twice in the table", seal(key, key, record(number(1, 1), data), record(first, data)), []Record{k, k}},
		{"a key that nothing refers to", seal(text(1, "x"), key, record(number(1, 1), data)), []Record{k}},
		{"an empty key", seal(text(1, ""), record(first, data)), []Record{{Data: []byte("d")}}},
		{"an empty explicit hash key is none", seal(key, text(2, ""), record(first, number(2, 0), data)), []Record{k}},
		{"the highest explicit hash key", seal(key, text(2, most), record(first, number(2, 0), data)), []Record{{"k", most, []byte("d")}}},
		{"an empty payload", seal(key, record(first, text(3, ""))), []Record{{PartitionKey: "k", Data: []byte{}}}},
		{"tags", seal(key, record(first, tag, data, tag)), []Record{k}},
		{"unknown fields of all types", seal(fixed, key, group, record(fixed, first, group, data, text(200, "x"), number(201, 1)), number(300, 1)), []Record{k}},
		{"known numbers of another type", seal(number(1, 5), number(3, 5), key, record(text(1, "x"), first, number(3, 1), text(2, "x"), data)), []Record{k}},
		{"a field twice: the last counts", seal(text(1, "x"), key, record(first, text(3, "x"), number(1, 1), data)), []Record{k}},
		{"a longer varint than needed", seal(key, record([]byte{0x08, 0x80, 0x80, 0x00}, data)), []Record{k}},
		{"a partition key of 256 characters", seal(text(1, strings.Repeat("ü", 256)), record(first, data)), []Record{{PartitionKey: strings.Repeat("ü", 256), Data: []byte("d")}}},

		{"nothing", nil, nil},
		{"magic alone", magic, nil},
		{"18 bytes with magic", append(bytes.Clone(magic), "fourteen bytes"...), nil},
		{"an empty message", seal(), nil},
		{"no magic", seal(key)[1:], nil},
		{"a key index outside of the table", seal(key, record(first, data), record(number(1, 1), data)), nil},
		{"a key index that wraps", seal(key, record(number(1, 1<<63), data)), nil},
		{"no table", seal(record(first, data)), nil},
		{"an explicit hash key index outside of the table", seal(key, hash, record(first, number(2, 1), data)), nil},
		{"an explicit hash key index without a table", seal(key, record(first, number(2, 0), data)), nil},
		{"a record without a key", seal(key, record(data)), nil},
		{"a record without a payload", seal(key, record(first)), nil},
		{"an empty record", seal(key, record()), nil},
		{"a field that exceeds the message", seal(key, record(first, data), []byte{0x1a, 0x7f, 0x08}), nil},
		{"a field that exceeds its record", seal(key, record(first, data, []byte{0x1a, 0x02, 'd'}), record(first, data)), nil},
		{"a length that overflows", seal(key, []byte{0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}), nil},
		{"a varint without an end", seal(key, []byte{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80}), nil},
		{"field number 0", seal(key, []byte{0x00, 0x00}), nil},
		{"a group without an end", seal(key, []byte{0x53, 0x08, 0x01}), nil},
		{"a group that ends nowhere", seal(key, []byte{0x54}), nil},
		{"an unknown wire type", seal(key, []byte{0x57, 0x00}), nil},
	} {
		got, ok := split([]Record{}, test.payload)
		want := test.want
		if want == nil {
			want = []Record{}
		}
		if ok != (test.want != nil) || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %.300q, %t, want %.300q", test.name, got, ok, test.want)
		}
	}
}

// aggregate returns an aggregate of user records according to aggregation-format.md.
func aggregate(users []Record) []byte {
	var keys, hashKeys []string
	var fields [][]byte
	index := func(table *[]string, key string) uint64 {
		i := slices.Index(*table, key)
		if i < 0 {
			i, *table = len(*table), append(*table, key)
		}
		return uint64(i)
	}
	for _, u := range users {
		parts := [][]byte{number(1, index(&keys, u.PartitionKey))}
		if u.ExplicitHashKey != "" {
			parts = append(parts, number(2, index(&hashKeys, u.ExplicitHashKey)))
		}
		fields = append(fields, record(append(parts, text(3, string(u.Data)))...))
	}
	var message [][]byte
	for _, key := range keys {
		message = append(message, text(1, key))
	}
	for _, key := range hashKeys {
		message = append(message, text(2, key))
	}
	return seal(append(message, fields...)...)
}

// FuzzSplit checks that no bytes make the parser panic, with or without a matching
// checksum. It also checks that a built aggregate is split into the same records.
func FuzzSplit(f *testing.F) {
	for _, v := range vectors(f) {
		if len(v.payload) < 1000 {
			f.Add(v.payload[len(magic):len(v.payload)-md5.Size], "k", "7")
		}
	}
	f.Add([]byte{0x0a, 0xff}, "", "")
	f.Add([]byte("plain"), "ü", "340282366920938463463374607431768211455")
	f.Fuzz(func(t *testing.T, b []byte, key, hashKey string) {
		if got, ok := split(nil, b); !ok && got != nil {
			t.Errorf("not split, but %d records", len(got))
		}
		sealed := seal(b)
		if got, ok := split(nil, sealed); ok && len(got) > 0 {
			// Split records can be built into an aggregate with the same records.
			if again, ok := split(nil, aggregate(got)); !ok || !reflect.DeepEqual(again, got) {
				t.Errorf("got %q, %t, want %q", again, ok, got)
			}
		}
		users := []Record{{key, hashKey, b}, {key + "2", "", sealed}, {key, "0", b}, {"", hashKey, []byte{}}}
		got, ok := split(nil, aggregate(users))
		for i := range users { // a bad key affects only the records that use it
			if _, number := lineage.ParseHashKey(users[i].ExplicitHashKey); !number {
				users[i].ExplicitHashKey = ""
			}
			if !isKey(users[i].PartitionKey) {
				users[i].PartitionKey = ""
			}
		}
		if !ok || !slices.EqualFunc(got, users, func(a, b Record) bool {
			return a.PartitionKey == b.PartitionKey && a.ExplicitHashKey == b.ExplicitHashKey && bytes.Equal(a.Data, b.Data)
		}) {
			t.Errorf("got %q, want %q", got, users)
		}
	})
}

func isKey(s string) bool {
	return strings.ToValidUTF8(s, "") == s && len([]rune(s)) <= 256
}

func BenchmarkSplit(b *testing.B) {
	for _, name := range []string{"ten", "full"} {
		for _, v := range vectors(b) {
			if v.Name != name {
				continue
			}
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(v.payload)))
				var a Aggregated
				for b.Loop() {
					if !a.Parse(v.payload) {
						b.Fatal("no aggregate")
					}
					for c := a.Cursor(); c.Next(); {
					}
				}
			})
		}
	}
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		payload := bytes.Repeat([]byte("plain "), 170)
		for b.Loop() {
			var a Aggregated
			if a.Parse(payload) {
				b.Fatal("split")
			}
		}
	})
}
