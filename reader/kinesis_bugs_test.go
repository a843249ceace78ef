package reader

import (
	"context"
	"errors"
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

	"kin/internal/checkpoint"
	"kin/internal/local"
)

// What went wrong in other readers, by the number of the bug, each with where
// it was reported. Below are the tests; those without a number in their name
// stand beside the code they are about.
//
//	1   redpanda-data/connect#2649: TestBug1_*
//	2   harlow/kinesis-consumer#155, #193, daangn/kinesumer#26: TestBug2_*, TestChildrenComeAfterAllTheirParents
//	3   vmware-go-kcl-v2: TestBug3_*, TestChildrenComeAfterAllTheirParents
//	4   kinesis-consumer, vmware-go-kcl-v2, connect: TestRule1_3_*
//	5   spark-sql-kinesis-connector#64, #65: TestBug5_*
//	6   FLINK-37627: TestBug6_*
//	7   amazon-kinesis-client#339, #837, #662: TestBug7_*
//	8   amazon-kinesis-client#492: TestBug8_*, TestBug6_*, TestPositionsMoveOnlyBehindWhatWasWritten
//	9   amazon-kinesis-client#602, #603: TestBug9_*
//	10  amazon-kinesis-client#606: TestBug10_*
//	22  influxdata/telegraf#19505: TestBug22_*, TestExpiredIteratorIsRebuiltFromTheLastRecordReceived
//	23  tenzir#6188: TestBug23_*, TestIteratorThatExpiresBeforeTheFirstRecordKeepsTheStart
//	24  aws-sdk-go#1141: TestBug24_*, TestAnswerThatNeverComesIsGivenUpAfterThirtySeconds
//	25  kinesis-consumer#109, amazon-kinesis-producer#481, botocore#2009: TestBug25_*
//	26  spark-sql-kinesis-connector#49, qubole/kinesis-sql#87: TestBug26_*
//	27  kinesis-aggregation#11, amazon-kinesis-client#343, FLINK-29395: TestRecordsOfAggregatesAreFilteredOneByOne
//	    and read_kpl_hash.txt
//	28  aserrallerios/kcl-akka-stream#3: TestKilledInsideAnAggregate, TestBlockIsCutInsideAnAggregate

func TestBug1_ClosedShardWithUnreadRecordsIsReadFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 1, local.Options{})
		s.put(0, numbers(1, 100)...)
		s.split(0)
		s.put(1, "101")
		s.put(2, "102")
		time.Sleep(2 * time.Second)
		o := bounded()
		o.MaxRecordsPerFetch = 30
		got, err := readFor(t, s, time.Minute, o)
		s.must(err)
		once(t, got, numbers(1, 102))
		ordered(t, got, numbers(1, 101)...)
		ordered(t, got, append(numbers(1, 100), "102")...)
	})
}

func TestBug2_LastPageOfAClosingShardIsWrittenBeforeItsChildren(t *testing.T) {
	// The last page has records and no next iterator. Its write takes a minute;
	// nothing of the children is handed on before it is done.
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 1, local.Options{})
		s.put(0, "1", "2")
		s.split(0)
		s.put(1, "3")
		s.put(2, "4")
		s.mergeInto(1, 2)
		s.put(3, "5")
		time.Sleep(2 * time.Second)
		o, m := bounded(), newMemory()
		o.Positions = m
		var got []string
		s.must(readInto(t, s, time.Hour, o, func(b *Batch) error {
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
					if at := m.file.Streams[0].Shards[shardName(parent)].Position; at != checkpoint.ShardEnd {
						t.Errorf("shard %d stands at %s", parent, at)
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
				f := newFake(
					&fakeShard{id: "a", records: []int{1, 2}, closed: true, children: []string{"c"}},
					&fakeShard{id: "b", records: []int{3, 4}, closed: true, children: []string{"c"}},
					&fakeShard{id: "c", parent: "a", adjacent: "b", records: []int{5}},
				)
				f.page = 1
				f.hook = func(call, shard string) error {
					if call == "GetRecords" && shard == slow && time.Since(f.began) < 20*time.Second {
						return apiError("ProvisionedThroughputExceededException")
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

func TestBug5_ListingDoesNotMoveTheRestOfAClosedShard(t *testing.T) {
	// The shard closes with a backlog; the run lists it as closed a few times
	// and is stopped in the middle.
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 1, local.Options{})
		s.put(0, numbers(1, 40)...)
		s.split(0)
		s.put(1, "41")
		s.put(2, "42")
		time.Sleep(2 * time.Second)
		o, m := testOptions(), newMemory()
		o.Positions, o.MaxRecordsPerFetch, o.MaxFetchDuration = m, 2, 200*time.Millisecond
		first, err := readFor(t, s, 5*time.Second, o)
		s.must(err)
		if at := m.file.Streams[0].Shards[shardName(0)]; len(first) == 0 || len(first) >= 40 || at.Position != checkpoint.AfterSequenceNumber {
			t.Fatalf("stopped after %d records at %s, want the middle of the shard", len(first), describe(at))
		}
		o.AvailableNow = true
		rest, err := readFor(t, s, time.Minute, o)
		s.must(err)
		once(t, append(first, rest...), numbers(1, 42))
	})
}

func TestBug6_KilledAtAnyPointOfAReshard(t *testing.T) {
	// A run over a split and a merge that come while it reads keeps every state
	// that it saved. From each of them a new run has all that had not been
	// written by then, and nothing else.
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, 2, way)
				s.put(0, numbers(1, 10)...)
				s.put(1, numbers(11, 20)...)
				time.Sleep(2 * time.Second)
				o, m := testOptions(), &journal{memory: newMemory()}
				o.Positions, o.MaxRecordsPerFetch, o.MaxFetchDuration = m, 3, time.Millisecond
				s.must(readInto(t, s, time.Minute, o, func(b *Batch) error {
					if len(m.records) == 0 {
						s.split(0)
						s.put(2, numbers(21, 24)...)
						s.put(3, numbers(25, 28)...)
						s.mergeInto(3, 1)
						s.put(4, numbers(29, 32)...)
					}
					m.records = append(m.records, batchRecords(b)...)
					return nil
				}))
				once(t, m.records, numbers(1, 32))
				o.AvailableNow = true
				if len(m.saved) < 10 {
					t.Fatalf("saved %d times", len(m.saved))
				}
				for i, state := range m.saved {
					again := newMemory()
					again.file = state
					o.Positions = again
					rest, err := readFor(t, s, time.Hour, o)
					s.must(err)
					if once(t, append(slices.Clone(m.records[:m.written[i]]), rest...), numbers(1, 32)); t.Failed() {
						t.Fatalf("killed after save %d of %d", i+1, len(m.saved))
					}
				}
			})
		})
	}
}

// journal knows how much had been written at each save.
type journal struct {
	*memory
	records []string
	written []int
}

func (j *journal) Save(f checkpoint.File) error {
	j.written = append(j.written, len(j.records))
	return j.memory.Save(f)
}

func TestBug7_EveryShardOfALargeReshardIsReadWithoutARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 68, local.Options{})
		const after = 87 // 340 to 435, in small: nearly every shard is split, and most are merged
		put := func(prefix string) (all []string) {
			t.Helper()
			for _, sh := range s.listed() {
				if isClosed(sh) {
					continue
				}
				text := prefix + (*sh.ShardId)[len("shardId-"):]
				_, err := s.PutRecord(t.Context(), &kinesis.PutRecordInput{
					StreamName: aws.String("orders"), PartitionKey: aws.String("k"), ExplicitHashKey: sh.HashKeyRange.StartingHashKey, Data: []byte(text),
				})
				s.must(err)
				all = append(all, text)
			}
			return all
		}
		want := put("before-")
		var leaves int
		var done sync.WaitGroup
		done.Go(func() {
			time.Sleep(10 * time.Second)
			s.scale(after)
			added := put("after-")
			leaves = len(added)
			want = append(want, added...)
		})
		o, m := testOptions(), newMemory()
		o.Positions, o.MinFetchPeriod = m, 5*time.Second
		got, err := readFor(t, s, 40*time.Second, o)
		done.Wait()
		s.must(err)
		once(t, got, want)
		if leaves != after {
			t.Errorf("%d open shards, want %d", leaves, after)
		}
		// Every hash key is somebody's: each open shard is being read.
		for _, sh := range s.listed() {
			at, known := m.file.Streams[0].Shards[*sh.ShardId]
			if !known || isClosed(sh) != (at.Position == checkpoint.ShardEnd) {
				t.Errorf("%s: closed %t, stands at %s", *sh.ShardId, isClosed(sh), describe(at))
			}
		}
	})
}

func TestBug8_StoppedWithFetchedBlocksThatWereNotWritten(t *testing.T) {
	// Fetching runs ahead of a slow output. The run is stopped, again and again,
	// with blocks in its buffer; what they held is fetched again.
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 3, local.Options{})
		s.put(0, numbers(1, 30)...)
		s.put(1, numbers(31, 60)...)
		s.put(2, numbers(61, 90)...)
		time.Sleep(2 * time.Second)
		o, m := testOptions(), newMemory()
		o.Positions, o.MaxRecordsPerFetch, o.MaxFetchDuration = m, 2, 100*time.Millisecond
		stop := errors.New("stopped")
		var got []string
		for range 12 {
			batches := 0
			err := readInto(t, s, time.Hour, o, func(b *Batch) error {
				time.Sleep(1300 * time.Millisecond)
				if batches++; batches == 3 {
					return stop // with nothing of this batch written
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
		s.must(err)
		if len(rest) == 0 {
			t.Error("all was read before the last run")
		}
		once(t, append(got, rest...), numbers(1, 90))
	})
}

func TestBug9_OutputThatFailsWhileTheBufferIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 8, local.Options{})
		for shard := range 8 {
			s.put(shard, numbers(shard*10+1, shard*10+10)...)
		}
		time.Sleep(2 * time.Second)
		o, m := bounded(), newMemory()
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
		s.must(readInto(t, s, time.Hour, o, handle))
		once(t, got, numbers(1, 80))
	})
}

func TestBug10_PageThatComesAfterItsAttemptWasGivenUp(t *testing.T) {
	// The answer takes longer than an attempt may; by then the next one has
	// brought the same records.
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 1, local.Options{})
		s.put(0, numbers(1, 6)...)
		time.Sleep(2 * time.Second)
		n, late := 0, make(chan *kinesis.GetRecordsOutput, 1)
		w := &slowOnce{watched: &watched{Client: s}, late: late, n: &n}
		o := testOptions()
		o.MaxRecordsPerFetch = 2
		got, err := readFor(t, w, 2*time.Minute, o)
		s.must(err)
		once(t, got, numbers(1, 6))
		ordered(t, got, numbers(1, 6)...)
		if page := <-late; len(page.Records) != 2 {
			t.Errorf("the late page had %d records, want it to matter", len(page.Records))
		}
	})
}

// slowOnce lets the caller of the second GetRecords go after its time, and has
// the answer later.
type slowOnce struct {
	*watched
	late chan *kinesis.GetRecordsOutput
	n    *int
}

func (c *slowOnce) GetRecords(ctx context.Context, in *kinesis.GetRecordsInput, o ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error) {
	if *c.n++; *c.n != 2 {
		return c.watched.GetRecords(ctx, in, o...)
	}
	out, err := c.watched.GetRecords(context.WithoutCancel(ctx), in, o...)
	if err != nil {
		return nil, err
	}
	time.AfterFunc(45*time.Second, func() { c.late <- out })
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestBug22_ExpiredIteratorGoesOnBehindTheLastRecord(t *testing.T) {
	// Six minutes between two fetches: every iterator has expired when it is
	// used again.
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 1, local.Options{})
		s.put(0, numbers(1, 10)...)
		time.Sleep(2 * time.Second)
		var expired int
		s.fault("GetRecords=latency:1ms")
		w := &watched{Client: s, before: func(call string) error {
			if strings.HasPrefix(call, "GetShardIterator") {
				expired++
			}
			return nil
		}}
		o := testOptions()
		o.MaxRecordsPerFetch, o.MinFetchPeriod, o.ShardFetchInterval = 2, 6*time.Minute, time.Minute
		got, err := readFor(t, w, 2*time.Hour, o)
		s.must(err)
		ordered(t, got, numbers(1, 10)...)
		once(t, got, numbers(1, 10))
		if expired < 5 {
			t.Errorf("%d iterators, want one for each fetch", expired)
		}
	})
}

func TestBug23_LatestThatExpiresBeforeItsFirstRecordSkipsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 1, local.Options{})
		s.put(0, "old")
		time.Sleep(2 * time.Second)
		s.meanwhile(func() {
			time.Sleep(3 * time.Minute)
			s.put(0, "1")
			time.Sleep(6 * time.Minute)
			s.put(0, "2")
		})
		o := testOptions()
		o.InitialPosition, o.MinFetchPeriod, o.ShardFetchInterval = Position{Kind: Latest}, 6*time.Minute, time.Minute
		got, err := readFor(t, s, time.Hour, o)
		s.must(err)
		once(t, got, []string{"1", "2"})
		ordered(t, got, "1", "2")
	})
}

func TestBug24_BodyThatStopsHalfWay(t *testing.T) {
	// The answers to three calls, one of each kind, stop in the middle of their
	// bodies; the attempts are given up and made again.
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 2, local.Options{})
		s.put(0, "1")
		s.put(1, "2")
		time.Sleep(2 * time.Second)
		s.fault("GetShardIterator=stall*1")
		s.fault("GetRecords=stall*1")
		start := time.Now()
		var at []time.Duration
		var got []string
		o := testOptions()
		s.must(readInto(t, s, 3*time.Minute, o, func(b *Batch) error {
			got = append(got, batchRecords(b)...)
			at = append(at, time.Since(start))
			return nil
		}))
		once(t, got, []string{"1", "2"})
		if len(at) == 0 {
			return
		}
		if last := at[len(at)-1]; last < callTimeout || last > 2*callTimeout+15*time.Second {
			t.Errorf("the last record came after %s", last)
		}
	})
}

func TestBug25_TwoAndAHalfThousandShards(t *testing.T) {
	// Three pages, and the token of the first has expired when it is used. The
	// endpoint refuses a token that comes with anything that names the stream.
	synctest.Test(t, func(t *testing.T) {
		const shards = 2500
		s := newService(t, shards, local.Options{})
		var want []string
		var entries []types.PutRecordsRequestEntry
		for _, sh := range s.listed() {
			text := (*sh.ShardId)[len("shardId-"):]
			want = append(want, text)
			entries = append(entries, types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), ExplicitHashKey: sh.HashKeyRange.StartingHashKey, Data: []byte(text)})
		}
		for part := range slices.Chunk(entries, 500) {
			out, err := s.PutRecords(t.Context(), &kinesis.PutRecordsInput{StreamName: aws.String("orders"), Records: part})
			s.must(err)
			if *out.FailedRecordCount > 0 {
				t.Fatal("not all were put")
			}
		}
		time.Sleep(2 * time.Second)
		pages := 0
		w := &watched{Client: s, before: func(call string) error {
			if call == "ListShards" {
				if pages++; pages == 2 {
					s.Advance(6 * time.Minute)
				}
			}
			return nil
		}}
		got, err := readFor(t, w, time.Hour, bounded())
		s.must(err)
		once(t, got, want)
		if pages < 5 {
			t.Errorf("%d pages, want the list to begin again", pages)
		}
	})
}

func TestBug25_TokenThatIsAlwaysExpiredEndsTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 2, local.Options{})
		s.fault("ListShards=expired-token")
		o := bounded()
		o.MaxShardsPerDescribe = 1
		start := time.Now()
		_, err := readFor(t, s, time.Hour, o)
		var gaveUp *GaveUpError
		if took := time.Since(start); !errors.As(err, &gaveUp) || took < startTimeout || took > startTimeout+mostBackoff {
			t.Errorf("ended with %v after %s", err, took)
		}
	})
}

func TestBug26_IdleStreamThatSaysItIsBehind(t *testing.T) {
	t.Run("for a while", func(t *testing.T) {
		// Empty pages, 9000, 4000 and 0 ms behind: a bounded run ends with the
		// last, and the records that came with it.
		synctest.Test(t, func(t *testing.T) {
			s := newService(t, 1, local.Options{})
			var behind []int64
			w := &watched{Client: s, after: func(out any) {
				if out, ok := out.(*kinesis.GetRecordsOutput); ok {
					if n := len(behind); n < 2 {
						out.MillisBehindLatest = aws.Int64([]int64{9000, 4000}[n])
					} else if n == 2 {
						s.put(0, "1") // after this answer was made
					}
					behind = append(behind, *out.MillisBehindLatest)
				}
			}}
			time.Sleep(2 * time.Second)
			got, err := readFor(t, w, time.Hour, bounded())
			if want := []int64{9000, 4000, 0}; err != nil || len(got) > 0 || !slices.Equal(behind, want) {
				t.Errorf("got %q, %v, with pages that were %v behind, want it to end with %v", got, err, behind, want)
			}
		})
	})
	t.Run("for ever", func(t *testing.T) {
		// It is always as far behind: time passes, and then what it is behind is
		// later than the bound.
		synctest.Test(t, func(t *testing.T) {
			s := newService(t, 1, local.Options{})
			s.fault("GetRecords=empty")
			o := bounded()
			o.Timeout = time.Minute
			start := time.Now()
			if got, err := readFor(t, s, time.Hour, o); err != nil || len(got) > 0 {
				t.Errorf("got %q, %v after %s", got, err, time.Since(start))
			}
		})
	})
	t.Run("and is not done", func(t *testing.T) {
		// Records after many empty pages are not left behind.
		synctest.Test(t, func(t *testing.T) {
			s := newService(t, 1, local.Options{})
			s.put(0, numbers(1, 3)...)
			time.Sleep(time.Minute)
			s.fault("GetRecords=empty*30")
			got, err := readFor(t, s, time.Hour, bounded())
			s.must(err)
			once(t, got, numbers(1, 3))
		})
	})
}

func TestReshardingWhileReading(t *testing.T) {
	// A writer that never stops, and a stream that is split, merged and scaled
	// up and down under it: every record once, in order for each key within the
	// lineage.
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, 2, way)
				var want []string
				var done sync.WaitGroup
				done.Go(func() {
					for n := range 400 {
						key := fmt.Sprint("key", n%10)
						text := fmt.Sprintf("%s.%d", key, n)
						_, err := s.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: aws.String(key), Data: []byte(text)})
						s.must(err)
						want = append(want, text)
						time.Sleep(50 * time.Millisecond)
					}
				})
				done.Go(func() {
					for _, shards := range []int{4, 3, 5, 10, 5, 3, 2} {
						time.Sleep(2500 * time.Millisecond)
						s.scale(shards)
					}
				})
				o := testOptions()
				o.MaxFetchDuration = time.Second
				got, err := readFor(t, s, 45*time.Second, o)
				done.Wait()
				s.must(err)
				once(t, got, want)
				for n := range 10 {
					ofKey := func(r string) bool { return !strings.HasPrefix(r, fmt.Sprintf("key%d.", n)) }
					if g, w := slices.DeleteFunc(slices.Clone(got), ofKey), slices.DeleteFunc(slices.Clone(want), ofKey); !slices.Equal(g, w) {
						t.Errorf("key%d came as %q", n, g)
					}
				}
			})
		})
	}
}

func TestShardThatClosesBetweenListingAndReading(t *testing.T) {
	for name, way := range ways {
		for _, from := range []Position{{Kind: TrimHorizon}, {Kind: Latest}} {
			t.Run(name+" from "+from.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newService(t, 1, way)
					closed := false
					w := &watched{Client: s, before: func(call string) error {
						if strings.HasPrefix(call, "GetShardIterator") && !closed {
							closed = true
							s.put(0, "1")
							s.split(0)
							s.put(1, "2")
							s.put(2, "3")
						}
						return nil
					}}
					o := testOptions()
					o.InitialPosition = from
					got, err := readFor(t, w, time.Minute, o)
					s.must(err)
					once(t, got, numbers(1, 3))
					ordered(t, got, "1", "2")
					ordered(t, got, "1", "3")
				})
			})
		}
	}
}

func TestChildrenThatAreListedLateLoseNothing(t *testing.T) {
	// Their parent ends without naming them, and it takes a while until the
	// listing has them.
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 1, local.Options{OmitChildShards: true})
		start := time.Now()
		s.meanwhile(func() {
			time.Sleep(5 * time.Second)
			s.put(0, "1")
			s.split(0)
			s.put(1, "2")
			s.put(2, "3")
		})
		w := &watched{Client: s, after: func(out any) {
			if out, ok := out.(*kinesis.ListShardsOutput); ok && time.Since(start) < 20*time.Second {
				out.Shards = slices.DeleteFunc(out.Shards, func(sh types.Shard) bool { return *sh.ShardId != shardName(0) })
			}
		}}
		o := testOptions()
		o.InitialPosition = Position{Kind: Latest}
		got, err := readFor(t, w, time.Minute, o)
		s.must(err)
		once(t, got, numbers(1, 3))
		ordered(t, got, "1", "2")
		ordered(t, got, "1", "3")
	})
}

func TestAvailableNowOnAStreamThatKeepsReceiving(t *testing.T) {
	// A writer that never stops, reshards in between, and run after run: each
	// ends, has all that was there when it began, and leaves what came later to
	// the next.
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, 2, way)
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
						_, err := s.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: aws.String(text), Data: []byte(text)})
						s.must(err)
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
				o, m := bounded(), newMemory()
				o.Positions, o.MaxRecordsPerFetch = m, 20
				var got []string
				for run := range 5 {
					time.Sleep(3 * time.Second)
					before := written()
					var reshard sync.WaitGroup
					reshard.Go(func() {
						time.Sleep(500 * time.Millisecond)
						s.scale([]int{3, 4, 2, 3, 2}[run])
					})
					start := time.Now()
					records, err := readFor(t, s, time.Hour, o)
					s.must(err)
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
				s.must(err)
				once(t, append(got, rest...), written())
			})
		})
	}
}
