package checkpoint

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kin/internal/record"
)

// Makes one member invalid at a time. Save and Load refuse the same files.
func TestFault08SaveRefusesWhatLoadRefuses(t *testing.T) {
	never := record.Time{Time: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)}
	long := string(bytes.Repeat([]byte("1"), 200))
	shard := func(change func(*Shard)) func(*File) {
		return func(f *File) {
			s := Shard{Parents: []string{}, Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: "7"}}
			change(&s)
			f.Streams[0].Shards["shardId-000000000004"] = s
		}
	}
	for name, spoil := range map[string]func(*File){
		"no version of this kin":        func(f *File) { f.Version = 7 },
		"a stream without a name":       func(f *File) { f.Streams[0].Name = "" },
		"a stream twice":                func(f *File) { f.Streams = append(f.Streams, f.Streams[0]) },
		"started in the year 12000":     func(f *File) { f.Streams[0].StartedAt = never },
		"created in the year 12000":     func(f *File) { f.Streams[0].CreatedAt = never },
		"a destination of the year 120": func(f *File) { f.Destination = &Destination{Name: "d", CreatedAt: never} },
		"a shard without an ID":         func(f *File) { f.Streams[0].Shards[""] = Shard{Position: record.Position{Kind: record.TrimHorizon}} },
		"a shard with an odd ID":        func(f *File) { f.Streams[0].Shards["a b"] = Shard{Position: record.Position{Kind: record.TrimHorizon}} },
		"a parent without an ID":        shard(func(s *Shard) { s.Parents = []string{""} }),
		"its own parent":                shard(func(s *Shard) { s.Parents = []string{"shardId-000000000004"} }),
		"parents in a cycle": func(f *File) {
			f.Streams[0].Shards["x"] = Shard{Parents: []string{"y"}, Position: record.Position{Kind: record.TrimHorizon}}
			f.Streams[0].Shards["y"] = Shard{Parents: []string{"x"}, Position: record.Position{Kind: record.TrimHorizon}}
		},
		"no position":                    shard(func(s *Shard) { s.Kind = "" }),
		"a null sequence number":         shard(func(s *Shard) { s.SequenceNumber = "" }),
		"a sequence number with letters": shard(func(s *Shard) { s.SequenceNumber = "abc" }),
		"a negative sequence number":     shard(func(s *Shard) { s.SequenceNumber = "-1" }),
		"a sequence number of 200":       shard(func(s *Shard) { s.SequenceNumber = long }),
		"an end that is no number":       shard(func(s *Shard) { s.Kind, s.SequenceNumber = record.ShardEnd, "x" }),
		"a start that is no number":      shard(func(s *Shard) { s.Kind, s.SequenceNumber = record.TrimHorizon, "x" }),
		"a continuation with letters":    shard(func(s *Shard) { s.Continuation = "abc" }),
		"AT_TIMESTAMP without a time":    shard(func(s *Shard) { s.Kind = record.AtTimestamp }),
		"a timestamp of the year 12000":  shard(func(s *Shard) { s.Kind, s.Timestamp = record.AtTimestamp, never }),
		"read through the year 12000":    shard(func(s *Shard) { s.ReadThrough = never }),
		"a record of the year 12000":     shard(func(s *Shard) { s.LastArrival = never }),
		"updated in the year 12000":      shard(func(s *Shard) { s.UpdatedAt = never }),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c.json")
			h := open(t, path)
			if err := h.Save(fullFile(), nil); err != nil {
				t.Fatal(err)
			}
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			bad := fullFile()
			spoil(&bad)
			var refused *UnsavableError
			if err := h.Save(bad, nil); !errors.As(err, &refused) {
				t.Fatalf("saved: %v", err)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
				t.Errorf("the file has changed: %v", err)
			}
			if b, err := bad.encode(); err == nil {
				if _, err := decode(b); err == nil {
					t.Error("Load accepts a file that Save refuses")
				}
			}
			if err := h.Release(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
