package reader

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/kinesistest/families"
	"kin/internal/local"
	"kin/internal/record"
)

func TestFault19BlockedMessageStopsNoOtherShard(t *testing.T) {
	for message, code := range map[string]string{
		"hint: reads keep exceeding the rate limit": "ProvisionedThroughputExceededException",
		"still trying": "InternalFailure",
	} {
		t.Run(message, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, start := kinesistest.NewService(t, 4, local.Options{}), time.Now()
				released, blocked := make(chan struct{}), make(chan struct{}, 1)
				o := testOptions()
				o.Info = func(line string) {
					if strings.Contains(line, message) {
						select {
						case blocked <- struct{}{}:
							<-released
						default: // one is enough
						}
					}
				}
				// Two shards fail for a while, so that the second one waits for the first.
				client := &kinesistest.Watched{StreamAPI: s, Before: func(call string) error {
					failing := call == "GetShardIterator "+families.ShardName(0) || call == "GetShardIterator "+families.ShardName(1)
					if failing && time.Since(start) < 2*time.Minute {
						return kinesistest.APIError(code)
					}
					return nil
				}}
				s.Meanwhile(func() {
					for n := range 60 {
						time.Sleep(10 * time.Second)
						s.Put(n%4, fmt.Sprint(n))
					}
				})
				time.AfterFunc(20*time.Minute, func() { close(released) })
				shards := map[string]bool{}
				err := readInto(t, client, 15*time.Minute, o, func(b *Batch) error {
					for _, block := range b.Blocks {
						if block.Records > 0 {
							shards[block.ShardID] = true
						}
					}
					return nil
				})
				s.Must(err)
				if len(blocked) == 0 {
					t.Fatal("no message was reported that could block")
				}
				if len(shards) < 3 {
					t.Errorf("records came of %v, want three of four shards while one is blocked", shards)
				}
			})
		})
	}
}

func TestFault19ReportsNothingUnderTheRunsLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hours, now := int32(24), time.Now()
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a"}, &kinesistest.Shard{ID: "b"}, &kinesistest.Shard{ID: "c"})
		f.Hours = &hours
		old := checkpoint.Shard{Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: "1"}, ReadThrough: record.Time{Time: now.Add(-48 * time.Hour)}}
		m := kinesistest.NewMemory()
		m.File.Streams = []checkpoint.Stream{{Name: "orders", CreatedAt: record.Time{Time: kinesistest.Arrival(0)}, InitialPosition: "trim_horizon", Shards: map[string]checkpoint.Shard{"a": old, "0": old}}}
		o := testOptions()
		o.Positions, o.AllowDataLoss, o.Tasks, o.ShardsPerTask = m, true, 1, 1
		made, err := New(f, o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		session := newSession(f, made.o, &progress{})
		messages := 0
		session.o.Info = func(message string) {
			messages++
			if !session.mu.TryLock() {
				t.Errorf("%q was reported under the run's lock", message)
				return
			}
			session.mu.Unlock()
		}
		session.o.Detail, session.hints.report = session.o.Info, session.o.Info
		group, groupCtx := errgroup.WithContext(ctx)
		streams, err := made.open(ctx, session)
		if err != nil {
			t.Fatal(err)
		}
		if lost := messages; lost != 2 {
			t.Errorf("%d messages at the start, want one of each loss", lost)
		}
		r := newRun(groupCtx, group, session, made.positions, streams, time.Now())
		r.launch()
		if messages != 4 { // how many shards are read, and that they take turns
			t.Errorf("%d messages once it runs, want 4", messages)
		}
		cancel()
		_ = r.group.Wait() // it was cancelled
	})
}
