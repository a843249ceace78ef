package reader

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/kinesistest/families"
	"kin/internal/lineage"
	"kin/internal/local"
	"kin/internal/record"
	"kin/internal/service"
)

// What went wrong in other readers, by the number of the bug, each with where it was reported. Bugs
// 1 to 10 are below, 22 to 26 in kinesis_iterators_test.go; tests without a number in their name
// are next to the code they test.
//
//	1   redpanda-data/connect#2649: TestBug1_*
//	2   harlow/kinesis-consumer#155, #193, daangn/kinesumer#26: TestBug2_*, TestReadsChildrenAfterAllTheirParents
//	3   vmware-go-kcl-v2: TestBug3_*, TestReadsChildrenAfterAllTheirParents
//	4   kinesis-consumer, vmware-go-kcl-v2, connect: TestRule1_3_*
//	5   spark-sql-kinesis-connector#64, #65: TestBug5_*
//	6   FLINK-37627: TestBug6_*
//	7   amazon-kinesis-client#339, #837, #662: TestBug7_*
//	8   amazon-kinesis-client#492: TestBug8_*, TestBug6_*, TestPositionsMoveOnlyAfterTheWrite
//	9   amazon-kinesis-client#602, #603: TestBug9_*
//	10  amazon-kinesis-client#606: TestBug10_*
//	22  influxdata/telegraf#19505: TestBug22_*, TestRebuildsAnExpiredIteratorAfterTheLastRecord
//	23  tenzir#6188: TestBug23_*, TestIteratorExpiredBeforeTheFirstRecordKeepsTheStart
//	24  aws-sdk-go#1141: TestBug24_*, TestAbandonsAnAttemptAfterThirtySeconds
//	25  kinesis-consumer#109, amazon-kinesis-producer#481, botocore#2009: TestBug25_*
//	26  spark-sql-kinesis-connector#49, qubole/kinesis-sql#87: TestBug26_*
//	27  kinesis-aggregation#11, amazon-kinesis-client#343, FLINK-29395: TestHashFilterDropsSingleRecordsOfAggregates
//	    and read_kpl_hash.txt
//	28  aserrallerios/kcl-akka-stream#3: TestResumesInsideAnAggregateAfterAKill, TestCutsABlockInsideAnAggregate

func TestBug1_ReadsAClosedShardWithUnreadRecordsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, numbers(1, 100)...)
		s.Split(0)
		s.Put(1, "101")
		s.Put(2, "102")
		time.Sleep(2 * time.Second)
		o := bounded()
		o.MaxRecordsPerFetch = 30
		got, err := readFor(t, s, time.Minute, o)
		s.Must(err)
		once(t, got, numbers(1, 102))
		ordered(t, got, numbers(1, 101)...)
		ordered(t, got, append(numbers(1, 100), "102")...)
	})
}

func TestBug2_WritesTheLastPageOfAShardBeforeItsChildren(t *testing.T) {
	// The last page has records and no next iterator. Its write takes a minute; until then, no
	// record of the children is written.
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, "1", "2")
		s.Split(0)
		s.Put(1, "3")
		s.Put(2, "4")
		s.MergeInto(1, 2)
		s.Put(3, "5")
		time.Sleep(2 * time.Second)
		o, m := bounded(), kinesistest.NewMemory()
		o.Positions = m
		var got []string
		s.Must(readInto(t, s, time.Hour, o, func(b *Batch) error {
			records := batchRecords(b)
			got = append(got, records...)
			if slices.Contains(records, "2") {
				if slices.Contains(records, "3") || slices.Contains(records, "4") {
					t.Errorf("a batch has %q", records)
				}
				time.Sleep(time.Minute)
			}
			if slices.Contains(records, "5") {
				for _, parent := range []int{1, 2} {
					if at := m.File.Streams[0].Shards[families.ShardName(parent)].Kind; at != record.ShardEnd {
						t.Errorf("shard %d is at %s", parent, at)
					}
				}
			}
			return nil
		}))
		once(t, got, numbers(1, 5))
		ordered(t, got, "1", "2", "3", "5")
		ordered(t, got, "2", "4", "5")
	})
}

func TestBug3_ChildOfAMergeWaitsForItsAdjacentParent(t *testing.T) {
	for _, slow := range []string{"a", "b"} {
		t.Run("slow "+slow, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(
					&kinesistest.Shard{ID: "a", Records: []int{1, 2}, Closed: true, Children: []string{"c"}},
					&kinesistest.Shard{ID: "b", Records: []int{3, 4}, Closed: true, Children: []string{"c"}},
					&kinesistest.Shard{ID: "c", Parent: "a", Adjacent: "b", Records: []int{5}},
				)
				f.Page = 1
				f.Hook = func(call, shard string) error {
					if call == "GetRecords" && shard == slow && time.Since(f.Began) < 20*time.Second {
						return kinesistest.APIError("ProvisionedThroughputExceededException")
					}
					return nil
				}
				got, err := readFor(t, f, 5*time.Minute, bounded())
				if err != nil {
					t.Fatal(err)
				}
				ordered(t, got, "1", "2", "5")
				ordered(t, got, "3", "4", "5")
			})
		})
	}
}

func TestBug5_ListingDoesNotSkipTheRestOfAClosedShard(t *testing.T) {
	// The shard closes with unread records. The run lists it as closed a few times and is stopped
	// in the middle.
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, numbers(1, 40)...)
		s.Split(0)
		s.Put(1, "41")
		s.Put(2, "42")
		time.Sleep(2 * time.Second)
		o, m := testOptions(), kinesistest.NewMemory()
		o.Positions, o.MaxRecordsPerFetch, o.MaxFetchDuration = m, 2, 200*time.Millisecond
		first, err := readFor(t, s, 5*time.Second, o)
		s.Must(err)
		if at := m.File.Streams[0].Shards[families.ShardName(0)]; len(first) == 0 || len(first) >= 40 || at.Kind != record.AfterSequenceNumber {
			t.Fatalf("stopped after %d records at %s, want the middle of the shard", len(first), describe(at))
		}
		o.AvailableNow = true
		rest, err := readFor(t, s, time.Minute, o)
		s.Must(err)
		once(t, append(first, rest...), numbers(1, 42))
	})
}

func TestBug6_ResumesAfterAKillAtAnyPointOfAReshard(t *testing.T) {
	// A run over a split and a merge records every state that it saves. From each state, a new run
	// writes exactly the records that were not written by then.
	for name, way := range kinesistest.Ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesistest.NewService(t, 2, way)
				s.Put(0, numbers(1, 10)...)
				s.Put(1, numbers(11, 20)...)
				time.Sleep(2 * time.Second)
				o, m := testOptions(), &journal{Memory: kinesistest.NewMemory()}
				o.Positions, o.MaxRecordsPerFetch, o.MaxFetchDuration = m, 3, time.Millisecond
				s.Must(readInto(t, s, time.Minute, o, func(b *Batch) error {
					if len(m.records) == 0 {
						s.Split(0)
						s.Put(2, numbers(21, 24)...)
						s.Put(3, numbers(25, 28)...)
						s.MergeInto(3, 1)
						s.Put(4, numbers(29, 32)...)
					}
					m.records = append(m.records, batchRecords(b)...)
					return nil
				}))
				once(t, m.records, numbers(1, 32))
				o.AvailableNow = true
				if len(m.Saved) < 10 {
					t.Fatalf("saved %d times", len(m.Saved))
				}
				for i, state := range m.Saved {
					again := kinesistest.NewMemory()
					again.File = state
					o.Positions = again
					rest, err := readFor(t, s, time.Hour, o)
					s.Must(err)
					if once(t, append(slices.Clone(m.records[:m.written[i]]), rest...), numbers(1, 32)); t.Failed() {
						t.Fatalf("killed after save %d of %d", i+1, len(m.Saved))
					}
				}
			})
		})
	}
}

// journal records how much was written at each save.
type journal struct {
	*kinesistest.Memory
	records []string
	written []int
}

func (j *journal) Begin(ctx context.Context, streams ...checkpoint.Stream) error {
	j.written = append(j.written, len(j.records))
	return j.Memory.Begin(ctx, streams...)
}

func (j *journal) Commit(ctx context.Context, c checkpoint.Commit) error {
	j.written = append(j.written, len(j.records))
	return j.Memory.Commit(ctx, c)
}

func TestBug7_ReadsEveryShardOfALargeReshardWithoutARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 68, local.Options{})
		const after = 87 // a smaller version of 340 to 435: nearly every shard is split, and most are merged
		put := func(prefix string) (all []string) {
			t.Helper()
			for _, sh := range s.Listed() {
				if lineage.IsClosed(sh) {
					continue
				}
				text := prefix + (*sh.ShardId)[len("shardId-"):]
				_, err := s.SDK.PutRecord(t.Context(), &kinesis.PutRecordInput{
					StreamName: aws.String("orders"), PartitionKey: aws.String("k"), ExplicitHashKey: sh.HashKeyRange.StartingHashKey, Data: []byte(text),
				})
				s.Must(err)
				all = append(all, text)
			}
			return all
		}
		want := put("before-")
		var leaves int
		var done sync.WaitGroup
		done.Go(func() {
			time.Sleep(10 * time.Second)
			s.Scale(after)
			added := put("after-")
			leaves = len(added)
			want = append(want, added...)
		})
		o, m := testOptions(), kinesistest.NewMemory()
		o.Positions, o.MinFetchPeriod = m, 5*time.Second
		got, err := readFor(t, s, 40*time.Second, o)
		done.Wait()
		s.Must(err)
		once(t, got, want)
		if leaves != after {
			t.Errorf("%d open shards, want %d", leaves, after)
		}
		// Every hash key belongs to an open shard that is being read.
		for _, sh := range s.Listed() {
			at, known := m.File.Streams[0].Shards[*sh.ShardId]
			if !known || lineage.IsClosed(sh) != (at.Kind == record.ShardEnd) {
				t.Errorf("%s: closed %t, is at %s", *sh.ShardId, lineage.IsClosed(sh), describe(at))
			}
		}
	})
}

func TestBug8_StopWithUnwrittenBlocksLosesNothing(t *testing.T) {
	// Fetching is faster than the output. The run is stopped repeatedly, with blocks in its buffer;
	// the next run fetches their records again.
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 3, local.Options{})
		s.Put(0, numbers(1, 30)...)
		s.Put(1, numbers(31, 60)...)
		s.Put(2, numbers(61, 90)...)
		time.Sleep(2 * time.Second)
		o, m := testOptions(), kinesistest.NewMemory()
		o.Positions, o.MaxRecordsPerFetch, o.MaxFetchDuration = m, 2, 100*time.Millisecond
		stop := errors.New("stopped")
		var got []string
		for range 12 {
			batches := 0
			err := readInto(t, s, time.Hour, o, func(b *Batch) error {
				time.Sleep(1300 * time.Millisecond)
				if batches++; batches == 3 {
					return stop // without writing any of this batch
				}
				got = append(got, batchRecords(b)...)
				return nil
			})
			if !errors.Is(err, stop) {
				t.Fatal(err)
			}
			if len(got) > 70 {
				break
			}
		}
		o.AvailableNow = true
		rest, err := readFor(t, s, time.Minute, o)
		s.Must(err)
		if len(rest) == 0 {
			t.Error("all was read before the last run")
		}
		once(t, append(got, rest...), numbers(1, 90))
	})
}

func TestBug9_FailingOutputWithAFullBufferEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 8, local.Options{})
		for shard := range 8 {
			s.Put(shard, numbers(shard*10+1, shard*10+10)...)
		}
		time.Sleep(2 * time.Second)
		o, m := bounded(), kinesistest.NewMemory()
		o.Positions, o.MaxRecordsPerFetch = m, 2
		o.FetchBufferSize = 1 // one fetch at a time, and the others wait
		var got []string
		failed := false
		refuse := errors.New("disk full")
		handle := func(b *Batch) error {
			time.Sleep(2 * time.Second)
			if len(got) > 20 && !failed {
				failed = true
				return refuse
			}
			got = append(got, batchRecords(b)...)
			return nil
		}
		if err := readInto(t, s, time.Hour, o, handle); !errors.Is(err, refuse) {
			t.Fatalf("ended with %v", err)
		}
		s.Must(readInto(t, s, time.Hour, o, handle))
		once(t, got, numbers(1, 80))
	})
}

func TestBug10_LatePageOfAnAbandonedAttemptIsIgnored(t *testing.T) {
	// The answer takes longer than an attempt may. By then the next attempt has returned the same
	// records.
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, numbers(1, 6)...)
		time.Sleep(2 * time.Second)
		n, late := 0, make(chan *service.GetRecordsOutput, 1)
		w := &slowOnce{Watched: &kinesistest.Watched{StreamAPI: s}, late: late, n: &n}
		o := testOptions()
		o.MaxRecordsPerFetch = 2
		got, err := readFor(t, w, 2*time.Minute, o)
		s.Must(err)
		once(t, got, numbers(1, 6))
		ordered(t, got, numbers(1, 6)...)
		if page := <-late; len(page.Records) != 2 {
			t.Errorf("the late page had %d records, want it to matter", len(page.Records))
		}
	})
}

// slowOnce lets the second GetRecords time out, and gets its answer later.
type slowOnce struct {
	*kinesistest.Watched
	late chan *service.GetRecordsOutput
	n    *int
}

func (c *slowOnce) GetRecords(ctx context.Context, in *service.GetRecordsInput) (*service.GetRecordsOutput, error) {
	if *c.n++; *c.n != 2 {
		return c.Watched.GetRecords(ctx, in)
	}
	out, err := c.Watched.GetRecords(context.WithoutCancel(ctx), in)
	if err != nil {
		return nil, err
	}
	time.AfterFunc(45*time.Second, func() { c.late <- out })
	<-ctx.Done()
	return nil, ctx.Err()
}
