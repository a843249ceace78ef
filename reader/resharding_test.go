package reader

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/kinesistest"
	"kin/internal/kinesistest/families"
	"kin/internal/local"
	"kin/internal/record"
	"kin/internal/service"
)

func TestReshardingWhileReading(t *testing.T) {
	// A writer never stops, while the stream is split, merged and scaled up and down. Every record
	// is read once, and in order for each key within the lineage.
	for name, way := range kinesistest.Ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesistest.NewService(t, 2, way)
				var want []string
				var done sync.WaitGroup
				done.Go(func() {
					for n := range 400 {
						key := fmt.Sprint("key", n%10)
						text := fmt.Sprintf("%s.%d", key, n)
						_, err := s.SDK.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: aws.String(key), Data: []byte(text)})
						s.Must(err)
						want = append(want, text)
						time.Sleep(50 * time.Millisecond)
					}
				})
				done.Go(func() {
					for _, shards := range []int{4, 3, 5, 10, 5, 3, 2} {
						time.Sleep(2500 * time.Millisecond)
						s.Scale(shards)
					}
				})
				o := testOptions()
				o.MaxFetchDuration = time.Second
				got, err := readFor(t, s, 45*time.Second, o)
				done.Wait()
				s.Must(err)
				once(t, got, want)
				for n := range 10 {
					isOfKey := func(r string) bool { return !strings.HasPrefix(r, fmt.Sprintf("key%d.", n)) }
					if g, w := slices.DeleteFunc(slices.Clone(got), isOfKey), slices.DeleteFunc(slices.Clone(want), isOfKey); !slices.Equal(g, w) {
						t.Errorf("key%d came as %q", n, g)
					}
				}
			})
		})
	}
}

func TestShardThatClosesBetweenListingAndReading(t *testing.T) {
	for name, way := range kinesistest.Ways {
		for _, from := range []record.Position{{Kind: record.TrimHorizon}, {Kind: record.Latest}} {
			t.Run(name+" from "+from.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := kinesistest.NewService(t, 1, way)
					closed := false
					w := &kinesistest.Watched{StreamAPI: s, Before: func(call string) error {
						if strings.HasPrefix(call, "GetShardIterator") && !closed {
							closed = true
							s.Put(0, "1")
							s.Split(0)
							s.Put(1, "2")
							s.Put(2, "3")
						}
						return nil
					}}
					o := testOptions()
					o.InitialPosition = from
					got, err := readFor(t, w, time.Minute, o)
					s.Must(err)
					once(t, got, numbers(1, 3))
					ordered(t, got, "1", "2")
					ordered(t, got, "1", "3")
				})
			})
		}
	}
}

func TestChildrenListedLateLoseNothing(t *testing.T) {
	// The parent ends without naming them, and the listing shows them after a while.
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{OmitChildShards: true})
		start := time.Now()
		s.Meanwhile(func() {
			time.Sleep(5 * time.Second)
			s.Put(0, "1")
			s.Split(0)
			s.Put(1, "2")
			s.Put(2, "3")
		})
		w := &kinesistest.Watched{StreamAPI: s, After: func(out any) {
			if out, ok := out.(*service.ListShardsOutput); ok && time.Since(start) < 20*time.Second {
				out.Shards = slices.DeleteFunc(out.Shards, func(sh types.Shard) bool { return *sh.ShardId != families.ShardName(0) })
			}
		}}
		o := testOptions()
		o.InitialPosition = record.Position{Kind: record.Latest}
		got, err := readFor(t, w, time.Minute, o)
		s.Must(err)
		once(t, got, numbers(1, 3))
		ordered(t, got, "1", "2")
		ordered(t, got, "1", "3")
	})
}

func TestAvailableNowEndsOnABusyStream(t *testing.T) {
	// A writer never stops, with reshards in between and several runs. Each run ends, reads all
	// records that existed when it began, and leaves the later ones to the next run.
	for name, way := range kinesistest.Ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesistest.NewService(t, 2, way)
				var (
					mu   sync.Mutex
					want []string
					stop = make(chan struct{})
					done sync.WaitGroup
				)
				written := func() []string {
					mu.Lock()
					defer mu.Unlock()
					return slices.Clone(want)
				}
				done.Go(func() {
					for n := 0; ; n++ {
						text := fmt.Sprint(n)
						_, err := s.SDK.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: aws.String(text), Data: []byte(text)})
						s.Must(err)
						mu.Lock()
						want = append(want, text)
						mu.Unlock()
						select {
						case <-time.After(30 * time.Millisecond):
						case <-stop:
							return
						case <-t.Context().Done():
							return
						}
					}
				})
				o, m := bounded(), kinesistest.NewMemory()
				o.Positions, o.MaxRecordsPerFetch = m, 20
				var got []string
				for run := range 5 {
					time.Sleep(3 * time.Second)
					before := written()
					var reshard sync.WaitGroup
					reshard.Go(func() {
						time.Sleep(500 * time.Millisecond)
						s.Scale([]int{3, 4, 2, 3, 2}[run])
					})
					start := time.Now()
					records, err := readFor(t, s, time.Hour, o)
					s.Must(err)
					reshard.Wait()
					got = append(got, records...)
					if took := time.Since(start); took > time.Minute {
						t.Errorf("run %d took %s", run, took)
					}
					for _, b := range before {
						if !slices.Contains(got, b) {
							t.Fatalf("run %d has not %s, which was there before it began", run, b)
						}
					}
					for _, record := range records {
						// The bound is the end of the second in which the run began.
						if all := written(); slices.Index(all, record) > len(before)+40 {
							t.Errorf("run %d has %s, which came after it began with %d", run, record, len(before))
							break
						}
					}
				}
				close(stop)
				done.Wait()
				time.Sleep(2 * time.Second)
				rest, err := readFor(t, s, time.Hour, o)
				s.Must(err)
				once(t, append(got, rest...), written())
			})
		})
	}
}
