package reader

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/kpl"
	"kin/internal/record"
)

func TestFault16CountsABadKeyAsItsReplacement(t *testing.T) {
	users := make([]kpl.Record, 170_000)
	for i := range users {
		users[i].PartitionKey = strings.Repeat("x", 257)
	}
	r := record.Record{Stream: "orders", ShardID: "a", SequenceNumber: "1", PartitionKey: strings.Repeat("\x01", 256), Data: kpl.Aggregate(nil, users)}
	var a kpl.Aggregated
	if !a.Parse(r.Data) {
		t.Fatal("not an aggregate")
	}
	encoded := 0
	e := newEncoder(func(dst []byte, r record.Record) ([]byte, error) {
		line, err := json.Marshal(r)
		encoded++
		return append(dst, line...), err
	})
	if !expandsTooFar(e.lines(), &a, r) {
		t.Error("an aggregate that expands to 300 MB is expanded")
	}
	if encoded > 10 {
		t.Errorf("%d lines were encoded for counting, want one of each key", encoded)
	}
	r.PartitionKey = "k" // then it does not expand too far
	if expandsTooFar(e.lines(), &a, r) {
		t.Error("an aggregate with a short key of its own is not expanded")
	}
}

func TestFault16FetchesRecentShardsInParallel(t *testing.T) {
	// An unread shard may begin with the largest answer. A shard that was read an hour ago may be
	// idle: if its answer is too large, kin refuses it before it is received.
	for name, c := range map[string]struct {
		ago  time.Duration
		want int // concurrent fetches
	}{"a moment ago": {2 * time.Second, 6}, "an hour ago": {time.Hour, 6}, "never": {0, 1}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, m := kinesistest.NewFake(), kinesistest.NewMemory()
				saved := map[string]checkpoint.Shard{}
				for i := range 6 {
					id := fmt.Sprint("shard-", i)
					f.Shards = append(f.Shards, &kinesistest.Shard{ID: id})
					at := checkpoint.Shard{Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: "1"}}
					if c.ago > 0 {
						at.ReadThrough = record.Time{Time: time.Now().Add(-c.ago)}
					}
					saved[id] = at
				}
				m.File.Streams = []checkpoint.Stream{{Name: "orders", InitialPosition: "trim_horizon", Shards: saved}}
				peak := f.SlowFetches(10 * time.Millisecond)
				o := bounded()
				o.Positions, o.FetchBufferSize = m, 16_000_000
				if _, err := collectRun(t.Context(), t, f, o); err != nil {
					t.Fatal(err)
				}
				if peak() != c.want {
					t.Errorf("%d fetches at once, want %d", peak(), c.want)
				}
			})
		})
	}
}
