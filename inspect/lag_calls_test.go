package inspect

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/kinesistest"
	"kin/internal/kinesistest/families"
	"kin/internal/local"
	"kin/internal/record"
	"kin/reader"
)

// Each measurement makes one GetRecords for each shard, and the next one waits until it may fetch
// again.
func TestLagFetchesEachShardOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(t, 8, local.Options{})
		for n := range 8 {
			d.write(n, 3)
		}
		d.readOn(5)
		d.Split(0)
		d.Split(3)
		var mu sync.Mutex
		calls := map[string]int{}
		client := &kinesistest.Watched{StreamAPI: d, Before: func(call string) error {
			mu.Lock()
			defer mu.Unlock()
			calls[call]++
			return nil
		}}
		l, err := NewLagMeter(client, LagMeterOptions{Streams: []string{"orders"}, Positions: d.m})
		d.Must(err)
		began := time.Now()
		for range 3 {
			_, err := l.Measure(t.Context())
			d.Must(err)
		}
		if calls["GetRecords"] != 3*12 || calls["GetShardIterator "+families.ShardName(8)] != 3 {
			t.Errorf("12 shards, three looks: %v", calls)
		}
		if took := time.Since(began); took != 2*reader.DefaultOptions().MinFetchPeriod {
			t.Errorf("three looks took %s", took)
		}
	})
}

// A measurement waits for a rate limit as a run does, without delaying other shards.
func TestLagWaitsForRateLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(t, 40, local.Options{})
		d.readOn(0)
		d.write(7, 1)
		time.Sleep(10 * time.Second)
		var messages []string
		var mu sync.Mutex
		d.Fault("GetRecords=ProvisionedThroughputExceededException*35")
		l, err := NewLagMeter(d, LagMeterOptions{Streams: []string{"orders"}, Positions: d.m, Info: func(m string) {
			mu.Lock()
			defer mu.Unlock()
			messages = append(messages, m)
		}})
		d.Must(err)
		began, want := time.Now(), d.unread(7)
		report, err := l.Measure(t.Context())
		d.Must(err)
		took := time.Since(began)
		if took != 5*time.Second || len(messages) != 35 || !strings.HasSuffix(messages[0], ": Hit rate limit. Sleeping for 5 seconds.") {
			t.Errorf("took %s with %d messages %.1q", took, len(messages), messages)
		}
		if got := report.Streams[0].Shards[7].MillisBehindLatest; got != want && got != want+took.Milliseconds() {
			t.Errorf("%d ms behind, want %d", got, want)
		}
	})
}

// A measurement without an answer fails after its retries, and a denied one at once.
func TestLagFailures(t *testing.T) {
	for spec, wait := range map[string]bool{"GetRecords=InternalFailure": true, "ListShards=InternalFailure": true, "GetRecords=AccessDeniedException": false} {
		t.Run(spec, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDiary(t, 2, local.Options{})
				d.readOn(0)
				d.Fault(spec)
				began := time.Now()
				_, err := d.meter().Measure(t.Context())
				var gaveUp *reader.GaveUpError
				if took := time.Since(began); errors.As(err, &gaveUp) != wait || err == nil || wait != (took >= retryTime) || took > retryTime+5*time.Second {
					t.Errorf("after %s: %v", took, err)
				}
			})
		})
	}
}

// A measurement starts no shard, whatever form a shard's end has.
func TestLagOfAnEndedShardFetchesNoOther(t *testing.T) {
	for name, way := range kinesistest.Ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDiary(t, 2, way)
				d.write(0, 2)
				d.readOn(0)
				d.Split(0)
				fetches := map[string]int{}
				var mu sync.Mutex
				l, err := NewLagMeter(&kinesistest.Watched{StreamAPI: d, Before: func(call string) error {
					mu.Lock()
					defer mu.Unlock()
					fetches[call]++
					return nil
				}}, LagMeterOptions{Streams: []string{"orders"}, Positions: d.m})
				d.Must(err)
				ctx, cancel := context.WithCancel(t.Context())
				report, err := l.Measure(ctx)
				d.Must(err)
				cancel()
				synctest.Wait()
				if got, want := words(report), "READING 0, 1 READING 0, 2 WAITING_FOR_PARENT 0, 3 WAITING_FOR_PARENT 0"; got != want {
					t.Errorf("got %q, want %q", got, want)
				}
				if fetches["GetRecords"] != 4 {
					t.Errorf("calls %v", slices.Sorted(maps.Keys(fetches)))
				}
			})
		})
	}
}

// Many shards are fetched at once, but not if their records are large: the memory of a measurement
// is limited.
func TestLagLimitsLargeRecordsInMemory(t *testing.T) {
	for size, want := range map[int]int{10: probesInFlight, 1 << 20: 4} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var shards []*kinesistest.Shard
				for n := range 200 {
					shards = append(shards, &kinesistest.Shard{ID: families.ShardName(n), Records: []int{1}, Payloads: map[int][]byte{1: make([]byte, size)}})
				}
				f := kinesistest.NewFake(shards...)
				peak := f.SlowFetches(50 * time.Millisecond)
				l, err := NewLagMeter(f, LagMeterOptions{Streams: []string{"orders"}, InitialPosition: record.Position{Kind: record.TrimHorizon}})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := l.Measure(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got := peak(); got != want {
					t.Errorf("%d fetches at once, want %d", got, want)
				}
			})
		})
	}
}
