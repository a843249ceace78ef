package reader

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/kinesistest"
	"kin/internal/local"
	"kin/internal/record"
	"kin/internal/service"
)

func TestBug22_ExpiredIteratorResumesAfterTheLastRecord(t *testing.T) {
	// Six minutes between two fetches: every iterator has expired at its next use.
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, numbers(1, 10)...)
		time.Sleep(2 * time.Second)
		var expired int
		s.Fault("GetRecords=latency:1ms")
		w := &kinesistest.Watched{StreamAPI: s, Before: func(call string) error {
			if strings.HasPrefix(call, "GetShardIterator") {
				expired++
			}
			return nil
		}}
		o := testOptions()
		o.MaxRecordsPerFetch, o.MinFetchPeriod, o.ShardFetchInterval = 2, 6*time.Minute, time.Minute
		got, err := readFor(t, w, 2*time.Hour, o)
		s.Must(err)
		ordered(t, got, numbers(1, 10)...)
		once(t, got, numbers(1, 10))
		if expired < 5 {
			t.Errorf("%d iterators, want one for each fetch", expired)
		}
	})
}

func TestBug23_ExpiredLatestIteratorSkipsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, "old")
		time.Sleep(2 * time.Second)
		s.Meanwhile(func() {
			time.Sleep(3 * time.Minute)
			s.Put(0, "1")
			time.Sleep(6 * time.Minute)
			s.Put(0, "2")
		})
		o := testOptions()
		o.InitialPosition, o.MinFetchPeriod, o.ShardFetchInterval = record.Position{Kind: record.Latest}, 6*time.Minute, time.Minute
		got, err := readFor(t, s, time.Hour, o)
		s.Must(err)
		once(t, got, []string{"1", "2"})
		ordered(t, got, "1", "2")
	})
}

func TestBug24_RetriesABodyThatStops(t *testing.T) {
	// The answers to three calls, one of each kind, stop in the middle of their bodies. The
	// attempts are abandoned and repeated.
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 2, local.Options{})
		s.Put(0, "1")
		s.Put(1, "2")
		time.Sleep(2 * time.Second)
		s.Fault("GetShardIterator=stall*1")
		s.Fault("GetRecords=stall*1")
		start := time.Now()
		var at []time.Duration
		var got []string
		o := testOptions()
		s.Must(readInto(t, s, 3*time.Minute, o, func(b *Batch) error {
			got = append(got, batchRecords(b)...)
			at = append(at, time.Since(start))
			return nil
		}))
		once(t, got, []string{"1", "2"})
		if len(at) == 0 {
			return
		}
		if last := at[len(at)-1]; last < service.CallTimeout || last > 2*service.CallTimeout+15*time.Second {
			t.Errorf("the last record came after %s", last)
		}
	})
}

func TestBug25_ListsTwoAndAHalfThousandShards(t *testing.T) {
	// Three pages. The token of the first has expired when it is used. The endpoint refuses a token
	// together with anything that names the stream.
	synctest.Test(t, func(t *testing.T) {
		const shards = 2500
		s := kinesistest.NewService(t, shards, local.Options{})
		var want []string
		var entries []types.PutRecordsRequestEntry
		for _, sh := range s.Listed() {
			text := (*sh.ShardId)[len("shardId-"):]
			want = append(want, text)
			entries = append(entries, types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), ExplicitHashKey: sh.HashKeyRange.StartingHashKey, Data: []byte(text)})
		}
		for part := range slices.Chunk(entries, 500) {
			out, err := s.SDK.PutRecords(t.Context(), &kinesis.PutRecordsInput{StreamName: aws.String("orders"), Records: part})
			s.Must(err)
			if *out.FailedRecordCount > 0 {
				t.Fatal("not all were put")
			}
		}
		time.Sleep(2 * time.Second)
		pages := 0
		w := &kinesistest.Watched{StreamAPI: s, Before: func(call string) error {
			if call == "ListShards" {
				if pages++; pages == 2 {
					s.Advance(6 * time.Minute)
				}
			}
			return nil
		}}
		got, err := readFor(t, w, time.Hour, bounded())
		s.Must(err)
		once(t, got, want)
		if pages < 5 {
			t.Errorf("%d pages, want the list to begin again", pages)
		}
	})
}

func TestBug25_TokenThatIsAlwaysExpiredFailsTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 2, local.Options{})
		s.Fault("ListShards=expired-token")
		o := bounded()
		o.MaxShardsPerDescribe = 1
		start := time.Now()
		_, err := readFor(t, s, time.Hour, o)
		var gaveUp *GaveUpError
		if took := time.Since(start); !errors.As(err, &gaveUp) || took < startTimeout || took > startTimeout+service.ReadBackoff().Most {
			t.Errorf("ended with %v after %s", err, took)
		}
	})
}

func TestBug26_IdleStreamWithMillisBehindLatest(t *testing.T) {
	t.Run("for a while", func(t *testing.T) {
		// Empty pages, 9000, 4000 and 0 ms behind: a bounded run ends after the last, and the
		// records that came with it.
		synctest.Test(t, func(t *testing.T) {
			s := kinesistest.NewService(t, 1, local.Options{})
			var behind []int64
			w := &kinesistest.Watched{StreamAPI: s, After: func(out any) {
				if out, ok := out.(*service.GetRecordsOutput); ok {
					if n := len(behind); n < 2 {
						out.MillisBehindLatest = aws.Int64([]int64{9000, 4000}[n])
					} else if n == 2 {
						s.Put(0, "1") // after this answer was made
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
	t.Run("always", func(t *testing.T) {
		// MillisBehindLatest is constant. After some time, it is less than the time since the
		// bound.
		synctest.Test(t, func(t *testing.T) {
			s := kinesistest.NewService(t, 1, local.Options{})
			s.Fault("GetRecords=empty")
			o := bounded()
			o.Timeout = time.Minute
			start := time.Now()
			if got, err := readFor(t, s, time.Hour, o); err != nil || len(got) > 0 {
				t.Errorf("got %q, %v after %s", got, err, time.Since(start))
			}
		})
	})
	t.Run("with records afterwards", func(t *testing.T) {
		// Records after many empty pages are read.
		synctest.Test(t, func(t *testing.T) {
			s := kinesistest.NewService(t, 1, local.Options{})
			s.Put(0, numbers(1, 3)...)
			time.Sleep(time.Minute)
			s.Fault("GetRecords=empty*30")
			got, err := readFor(t, s, time.Hour, bounded())
			s.Must(err)
			once(t, got, numbers(1, 3))
		})
	})
}
