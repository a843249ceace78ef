package reader

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/kinesistest/families"
	"kin/internal/local"
	"kin/internal/record"
	"kin/internal/service"
)

// movesOf records the shards that each commit moves, by ID; nil is all shards.
type movesOf struct {
	*kinesistest.Memory
	moved [][]string
	// batch is the distinct shards of the last batch before a commit. It is nil for a batch without
	// records, which no handler gets.
	batch [][]string
	next  []string // of the last batch
}

func (m *movesOf) Begin(ctx context.Context, streams ...checkpoint.Stream) error {
	m.note(nil)
	return m.Memory.Begin(ctx, streams...)
}

func (m *movesOf) Commit(ctx context.Context, c checkpoint.Commit) error {
	var ids []string
	for _, move := range c.Moves {
		ids = append(ids, move.Shard)
	}
	slices.Sort(ids)
	m.note(ids)
	return m.Memory.Commit(ctx, c)
}

func (m *movesOf) note(ids []string) {
	m.moved = append(m.moved, ids)
	m.batch, m.next = append(m.batch, m.next), nil
}

func TestFault02CommitsOnlyTheShardsOfTheBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const shards = 100
		s := kinesistest.NewService(t, shards, local.Options{})
		s.Meanwhile(func() {
			for n := range 30 {
				time.Sleep(time.Second)
				s.Put(n%shards, fmt.Sprint(n))
			}
		})
		m := &movesOf{Memory: kinesistest.NewMemory()}
		o := testOptions()
		o.Positions, o.MaxFetchDuration = m, 50*time.Millisecond
		records := 0
		var answers atomic.Int64
		client := &kinesistest.Watched{StreamAPI: s, After: func(out any) {
			if _, ok := out.(*service.GetRecordsOutput); ok {
				answers.Add(1)
			}
		}}
		err := readInto(t, client, time.Minute, o, func(b *Batch) error {
			records += b.Records
			for _, block := range b.Blocks {
				m.next = append(m.next, block.ShardID)
			}
			slices.Sort(m.next)
			m.next = slices.Compact(m.next)
			return nil
		})
		s.Must(err)
		if records != 30 {
			t.Fatalf("%d records, want 30", records)
		}
		if len(m.moved) < 31 || len(m.moved[0]) > 0 {
			t.Fatalf("%d saves, want the first of all shards and one for each record", len(m.moved))
		}
		saved, few := 0, 0
		for n, moved := range m.moved[1:] {
			saved += len(moved)
			if len(moved) == 0 {
				t.Fatal("a batch saved all shards")
			}
			batch := m.batch[n+1]
			if batch != nil && !slices.Equal(slices.Compact(moved), batch) {
				t.Errorf("%d shards were saved behind a batch of %d", len(slices.Compact(moved)), len(batch))
			}
			if batch != nil && len(batch) < shards {
				few++
			}
		}
		if few == 0 {
			t.Error("each batch had all shards: that shows nothing")
		}
		// Each answer is in one batch.
		if most := int(answers.Load()); saved > most {
			t.Errorf("%d shards were saved in %d batches, want at most one for each of %d answers", saved, len(m.moved)-1, most)
		}
	})
}

func TestFault02ComputesLagsOnlyOnRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 50, local.Options{})
		s.Put(0, numbers(1, 20)...)
		for asks := range 2 {
			o := testOptions()
			// Then each shard has a lag before its first answer.
			o.InitialPosition = record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: time.Now().Add(-time.Hour)}}
			r, err := New(s, o)
			s.Must(err)
			r.o.Timeout = 10 * time.Second
			var statuses *shardStatuses
			s.Must(r.Run(t.Context(), HandlerOf(func(*Batch) error {
				_, lags := r.progress.get()
				statuses = lags.(*shardStatuses)
				if statuses.lags.visits != 0 {
					t.Errorf("the lags of %d shards were computed before anybody asked", statuses.lags.visits)
				}
				for range asks {
					if n := len(r.Progress().Lags); n != 50 {
						t.Errorf("%d lags, want 50", n)
					}
				}
				return nil
			})))
			if most := (asks + 1) * 50; statuses.lags.visits > most { // plus one pass when the run ends
				t.Errorf("%d asked, and %d lags were computed, want at most %d", asks, statuses.lags.visits, most)
			}
			if n := len(r.Progress().Lags); n != 50 {
				t.Errorf("%d lags when the run is over, want 50", n)
			}
		}
	})
}

func TestFault02CountersMatchAWalkOverAllShards(t *testing.T) {
	r := runOf(&session{o: testOptions()})
	s := r.streams[0]
	const shards = 20
	for n := range shards {
		s.lineage.Add([]types.Shard{{ShardId: aws.String(fmt.Sprint(n))}})
	}
	s.changed(s.lineage.Sorted())
	a := newShardStatuses(r)
	random := rand.New(rand.NewPCG(1, 2))
	now := startedAt
	for range 5000 {
		now = now.Add(time.Duration(random.IntN(1000)) * time.Millisecond)
		id := fmt.Sprint(random.IntN(shards))
		of := a.streams["orders"]
		status := of.shards[id]
		switch {
		case status != nil && status.last && random.IntN(4) == 0:
			a.forget(of, []string{id})
			delete(s.lineage.Shards, id)
			s.changed(s.lineage.Add([]types.Shard{{ShardId: aws.String(id)}})) // as a new shard
		case status == nil || !status.last:
			b := &Block{Stream: "orders", ShardID: id, behind: aws.Int64(int64(random.IntN(3)) * 1000), last: random.IntN(20) == 0}
			b.end = b.last && random.IntN(2) == 0
			a.update(b, now)
		}
		answered, behind, silence := 0, 0, time.Duration(0)
		for _, status := range of.shards {
			if status.answered && !status.last {
				answered++
				silence = max(silence, now.Sub(status.at))
				if !status.tip {
					behind++
				}
			}
		}
		if a.answering.Len() != answered || a.behind != behind || a.silence(now) != silence {
			t.Fatalf("%d answering, %d behind, silent for %s; a walk finds %d, %d and %s", a.answering.Len(), a.behind, a.silence(now), answered, behind, silence)
		}
		if a.atTip(answered) != (behind == 0) || a.atTip(answered+1) {
			t.Fatal("at the tip is not what a walk finds")
		}
	}
}

// BenchmarkFlush is the collector's work for a batch of one block.
func BenchmarkFlush(b *testing.B) {
	for _, shards := range []int{1000, 10_000} {
		b.Run(fmt.Sprintf("%d shards", shards), func(b *testing.B) {
			r := runOf(&session{o: testOptions(), progress: &progress{}})
			s := r.streams[0]
			r.positions, r.buf, r.ctx = unsavedPositions{}, newBuffer(1<<30), b.Context()
			r.file.Streams = []checkpoint.Stream{{Name: "orders", Shards: map[string]checkpoint.Shard{}}}
			listed := make([]types.Shard, shards)
			for n := range listed {
				listed[n].ShardId = aws.String(families.ShardName(n))
			}
			s.lineage.Add(listed)
			s.changed(s.lineage.Sorted())
			c := &collector{run: r, remaining: -1, statuses: newShardStatuses(r), handle: HandlerOf(func(*Batch) error { return nil })}
			r.reading = shards
			block := func(n int) *Block {
				return &Block{Stream: "orders", ShardID: families.ShardName(n), behind: aws.Int64(0), Records: 1, after: checkpoint.Shard{Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: "1"}}}
			}
			for n := range shards {
				if err := c.add(block(n)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if err := c.add(block(n % shards)); err != nil {
					b.Fatal(err)
				}
				if !c.allAtTip() {
					b.Fatal("not at the tip")
				}
				if err := c.flush(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
