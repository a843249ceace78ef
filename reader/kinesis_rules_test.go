package reader

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/kinesistest/families"
	"kin/internal/local"
	"kin/internal/record"
	"kin/internal/service"
)

// What a correct reader of Kinesis does, rule by rule. Below are the tests by the number of the
// rule; those without a number in their name are next to the code they test.
//
//	1.1   shard end: TestRule1_1_*, TestChecksAnEndWithoutChildrenAgainstTheListing,
//	      TestReadsAClosedShardAtItsTipToItsEnd, TestBoundBeforeTheEndKeepsTheShardOpen
//	1.2   parents before children: TestRule1_2_*, TestReadsChildrenAfterAllTheirParents,
//	      TestPlacement, TestChildWithAnUnknownParentWaitsForAListing
//	1.3   children from their start: TestRule1_3_*, TestShardsFoundDuringTheRunBeginAtTheirStart, TestPlacement
//	1.4   shards that are closed at the start: TestRule1_4_*, TestPlacement
//	1.5   ListShards: TestRule1_5_*, TestBug25_*
//	1.6   iterators: TestRule1_6_*, TestBug22_*, TestBug23_*,
//	      TestRebuildsAnExpiredIteratorAfterTheLastRecord,
//	      TestIteratorExpiredBeforeTheFirstRecordKeepsTheStart
//	1.7   AT and AFTER, positions that are trimmed or foreign: TestRule1_7_*,
//	      TestResumesInsideAnAggregateAfterAKill, TestGaps, read_dataloss.txt
//	1.8   empty pages: TestRule1_8_*, TestBug26_*, TestBoundMet, TestEmptyResponseMovesReadThroughOnly
//	1.9   aggregates: TestHashFilterDropsSingleRecordsOfAggregates, TestHashFilterUsesTheRangeOfAnUnlistedChild,
//	      TestDamagedAggregateLosesNoOtherRecords, TestRecordsWithoutOutputMoveThePosition,
//	      and the tests of internal/kpl
//	1.10  throughput and errors: TestRule1_10_*, TestFetchesKeepTheirPeriod,
//	      TestThrottledShardSleepsFiveSecondsAndOthersContinue, TestThrottlingHalvesTheLimitAndSuccessRestoresIt,
//	      TestRunContinuesAfterATrimmedShard, TestDeletedStreamEndsTheRun, TestBug24_*
//	1.11  prefetching: TestBug8_*, TestBug10_*, TestFullBufferStopsFetchingAndDropsNothing,
//	      TestBufferLimitsReservations, TestBufferCountsABlockUntilItIsWritten
//	1.12  checkpoints: TestRule1_12_*, TestPositionsMoveOnlyAfterTheWrite, TestBug6_*

func TestRule1_1_DetectsEveryFormOfAShardEnd(t *testing.T) {
	for name, way := range kinesistest.Ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesistest.NewService(t, 2, way)
				s.Put(0, numbers(1, 7)...)
				s.Put(1, numbers(8, 9)...)
				s.Split(0)
				s.Put(2, "10")
				s.Put(3, "11")
				s.MergeInto(3, 1)
				s.Put(4, "12")
				time.Sleep(2 * time.Second)
				o, m := bounded(), kinesistest.NewMemory()
				o.Positions, o.MaxRecordsPerFetch = m, 2
				got, err := readFor(t, s, time.Minute, o)
				s.Must(err)
				once(t, got, numbers(1, 12))
				ordered(t, got, append(numbers(1, 7), "11", "12")...)
				ordered(t, got, "7", "10")
				ordered(t, got, "9", "12")
				for shard, want := range map[int]record.PositionKind{0: record.ShardEnd, 1: record.ShardEnd, 3: record.ShardEnd,
					2: record.AfterSequenceNumber, 4: record.AfterSequenceNumber} {
					if at := m.File.Streams[0].Shards[families.ShardName(shard)].Kind; at != want {
						t.Errorf("shard %d is at %s, want %s", shard, at, want)
					}
				}
			})
		})
	}
}

func TestRule1_1_ChecksAnEndWhoseChildrenHaveNoParentsAgainstTheListing(t *testing.T) {
	// A and B merge into C, and the end of A names C without its parents. C still has to wait for
	// B.
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(
			&kinesistest.Shard{ID: "a", Records: []int{1}, Closed: true, Children: []string{"c"}},
			&kinesistest.Shard{ID: "b", Records: []int{2, 3, 4, 5}, Closed: true, Children: []string{"c"}},
		)
		f.Page = 1
		nameless := &kinesistest.Watched{StreamAPI: f, Before: func(call string) error {
			if call == "GetShardIterator b" { // C appears after the first listing
				f.Change(func() {
					f.Shards = append(f.Shards, &kinesistest.Shard{ID: "c", Parent: "a", Adjacent: "b", Records: []int{6}})
				})
			}
			return nil
		}, After: func(out any) {
			if out, ok := out.(*service.GetRecordsOutput); ok {
				for i := range out.ChildShards {
					out.ChildShards[i].ParentShards = nil
				}
			}
		}}
		got, err := readFor(t, nameless, time.Minute, bounded())
		if err != nil {
			t.Fatal(err)
		}
		once(t, got, numbers(1, 6))
		ordered(t, got, "1", "6")
		ordered(t, got, "2", "3", "4", "5", "6")
	})
}

func TestRule1_2_SavesTheEndOfEveryParentBeforeItsChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 2, local.Options{})
		s.Put(0, numbers(1, 3)...)
		s.Put(1, numbers(4, 9)...)
		s.MergeInto(0, 1)
		s.Put(2, "10")
		s.Split(2)
		s.Put(3, "11")
		s.Put(4, "12")
		time.Sleep(2 * time.Second)
		o, m := bounded(), kinesistest.NewMemory()
		o.Positions, o.MaxRecordsPerFetch = m, 2
		parents := map[string][]int{"10": {0, 1}, "11": {2}, "12": {2}}
		s.Must(readInto(t, s, time.Minute, o, func(b *Batch) error {
			for _, written := range batchRecords(b) {
				for _, parent := range parents[written] {
					if at := m.File.Streams[0].Shards[families.ShardName(parent)].Kind; at != record.ShardEnd {
						t.Errorf("%s was written while its parent, shard %d, stood at %s", written, parent, at)
					}
				}
				delete(parents, written)
			}
			return nil
		}))
		if len(parents) > 0 {
			t.Errorf("not written: %v", parents)
		}
	})
}

func TestRule1_2_ParentThatWasTrimmedDoesNotBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, "1")
		s.Split(0)
		time.Sleep(25 * time.Hour)
		s.Put(1, "2")
		s.Put(2, "3")
		time.Sleep(2 * time.Second)
		got, err := readFor(t, s, time.Minute, bounded())
		s.Must(err)
		once(t, got, []string{"2", "3"})
	})
}

func TestRule1_3_ReadsChildrenFromTheirStart(t *testing.T) {
	// From latest: the children hold records long before they are found. A position at a time, both
	// of whose records are newer, is their start too.
	for name, way := range map[string]local.Options{"named by the end of the parent": {}, "found in a listing": {OmitChildShards: true}} {
		for _, from := range []record.Position{{Kind: record.Latest}, {Kind: record.Ago, Age: time.Second}} {
			t.Run(name+" from "+from.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := kinesistest.NewService(t, 1, way)
					s.Put(0, "0")
					time.Sleep(3 * time.Second)
					s.Meanwhile(func() {
						time.Sleep(10 * time.Second)
						s.Put(0, "1")
						s.Split(0)
						s.Put(1, "2")
						s.Put(2, "3")
						s.Split(2)
						s.Put(3, "4")
						time.Sleep(10 * time.Second)
						s.Put(4, "5")
					})
					o := testOptions()
					o.InitialPosition, o.ShardFetchInterval = from, time.Hour
					o.MinFetchPeriod = 5 * time.Second // so that the split is found late
					got, err := readFor(t, s, time.Minute, o)
					s.Must(err)
					once(t, got, numbers(1, 5))
					ordered(t, got, "1", "2")
					ordered(t, got, "1", "3", "4", "5")
				})
			})
		}
	}
}

func TestRule1_4_ReadsShardsThatAreClosedAtTheStart(t *testing.T) {
	// One shard that is split after an hour, and merged after another.
	for _, test := range []struct {
		from record.Position
		want []string
	}{
		{record.Position{Kind: record.TrimHorizon}, numbers(1, 5)},
		{record.Position{Kind: record.Latest}, []string{"5"}},
		{record.Position{Kind: record.Ago, Age: 150 * time.Minute}, numbers(2, 5)},
		{record.Position{Kind: record.Ago, Age: 90 * time.Minute}, numbers(4, 5)},
		{record.Position{Kind: record.Ago, Age: 30 * time.Minute}, []string{"5"}},
	} {
		t.Run(test.from.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesistest.NewService(t, 1, local.Options{})
				s.Put(0, "1")
				time.Sleep(time.Hour)
				s.Split(0)
				s.Put(1, "2")
				s.Put(2, "3")
				time.Sleep(time.Hour)
				s.MergeInto(1, 2)
				s.Put(3, "4")
				time.Sleep(time.Hour)
				s.Meanwhile(func() {
					time.Sleep(10 * time.Second)
					s.Put(3, "5")
				})
				o := testOptions()
				o.InitialPosition = test.from
				got, err := readFor(t, s, time.Minute, o)
				s.Must(err)
				once(t, got, test.want)
				ordered(t, got, slices.DeleteFunc(slices.Clone(test.want), func(r string) bool { return r == "3" })...)
			})
		})
	}
}

func TestRule1_5_AcceptsShardsInAnyOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, "1")
		s.Split(0)
		s.Put(1, "2")
		s.Put(2, "3")
		s.MergeInto(1, 2)
		s.Put(3, "4")
		time.Sleep(2 * time.Second)
		backwards := &kinesistest.Watched{StreamAPI: s, After: func(out any) {
			if out, ok := out.(*service.ListShardsOutput); ok {
				slices.Reverse(out.Shards)
			}
		}}
		got, err := readFor(t, backwards, time.Minute, bounded())
		s.Must(err)
		once(t, got, numbers(1, 4))
		ordered(t, got, "1", "2", "4")
		ordered(t, got, "1", "3", "4")
	})
}

func TestRule1_5_WaitsForAStreamBeingCreatedAndReadsOneBeingUpdated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 0, local.Options{CreatingDelay: 20 * time.Second, UpdatingDelay: time.Hour})
		_, err := s.SDK.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("orders"), ShardCount: aws.Int32(1)})
		s.Must(err)
		s.Meanwhile(func() {
			time.Sleep(40 * time.Second)
			s.Put(0, "1")
			s.Split(0)
			s.Put(2, "2")
		})
		o := testOptions()
		got, err := readFor(t, s, 2*time.Minute, o)
		s.Must(err)
		ordered(t, got, "1", "2")
	})
}

func TestRule1_5_RetriesThrottledListShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, "1")
		time.Sleep(2 * time.Second)
		s.Fault("ListShards=LimitExceededException*8")
		got, err := readFor(t, s, time.Minute, bounded())
		s.Must(err)
		once(t, got, []string{"1"})
	})
}

func TestRule1_6_RetriesARefusedTimeOrIterator(t *testing.T) {
	// A time may be in the future of the host that answers, and an iterator may have become
	// invalid. A refused sequence number stays refused.
	for _, call := range []string{"GetShardIterator", "GetRecords"} {
		t.Run(call, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesistest.NewService(t, 1, local.Options{})
				s.Fault(call + "=InvalidArgumentException*2")
				s.Meanwhile(func() {
					time.Sleep(time.Minute)
					s.Put(0, "1")
				})
				o := testOptions()
				o.InitialPosition = record.Position{Kind: record.Latest}
				got, err := readFor(t, s, 2*time.Minute, o)
				s.Must(err)
				once(t, got, []string{"1"})
			})
		})
	}
}

func TestRule1_6_NeverRequestsAFutureTime(t *testing.T) {
	// Latest is the time of the first answer, whatever this process's clock is.
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		checked := 0
		w := &kinesistest.Watched{StreamAPI: s, Before: func(call string) error {
			if strings.HasPrefix(call, "GetShardIterator") {
				checked++
			}
			return nil
		}}
		o, m := testOptions(), kinesistest.NewMemory()
		o.InitialPosition, o.Positions = record.Position{Kind: record.Latest}, m
		time.Sleep(700 * time.Millisecond) // a Date is cut to the second
		started := s.Now()
		_, err := readFor(t, w, time.Second, o)
		s.Must(err)
		at := m.Saved[0].Streams[0].Shards[families.ShardName(0)].Timestamp
		if at.After(started) || started.Sub(at.Time) >= time.Second || checked != 1 {
			t.Errorf("began at %s, want the second of %s; %d iterators", at, started, checked)
		}
	})
}

func TestRule1_7_RefusesAForeignSequenceNumber(t *testing.T) {
	// A number of another shard, and one of an earlier stream with the same name. Neither may be
	// read as the start of the shard.
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 2, local.Options{})
		s.Put(0, "1")
		s.Put(1, "2")
		time.Sleep(2 * time.Second)
		o, m := bounded(), kinesistest.NewMemory()
		o.Positions = m
		got, err := readFor(t, s, time.Minute, o)
		s.Must(err)
		once(t, got, []string{"1", "2"})
		shards := m.File.Streams[0].Shards
		foreign := shards[families.ShardName(1)]
		foreign.SequenceNumber = shards[families.ShardName(0)].SequenceNumber
		shards[families.ShardName(1)] = foreign
		got, err = readFor(t, s, time.Minute, o)
		var unusable *CheckpointError
		if !errors.As(err, &unusable) || len(got) > 0 {
			t.Errorf("got %q, %v, want it refused", got, err)
		}
	})
}

func TestRule1_7_ResumesFromATrimmedPosition(t *testing.T) {
	for _, trimmed := range []local.Trimmed{local.TrimmedOldest, local.TrimmedError, local.TrimmedEmpty} {
		t.Run(string(trimmed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesistest.NewService(t, 1, local.Options{Trimmed: trimmed})
				s.Put(0, "1")
				time.Sleep(2 * time.Second)
				o, m := bounded(), kinesistest.NewMemory()
				o.Positions = m
				read := func(want ...string) {
					t.Helper()
					got, err := readFor(t, s, time.Hour, o)
					s.Must(err)
					once(t, got, want)
				}
				read("1")

				// Quiet for two days, and read twice a day: no gap, although the last record has
				// expired.
				for range 4 {
					time.Sleep(12 * time.Hour)
					read()
				}
				s.Put(0, "2", "3")
				time.Sleep(2 * time.Second)
				read("2", "3")

				// Not read for longer than the retention period.
				s.Put(0, "4")
				time.Sleep(25 * time.Hour)
				s.Put(0, "5")
				time.Sleep(2 * time.Second)
				got, err := readFor(t, s, time.Hour, o)
				var loss *DataLossError
				if !errors.As(err, &loss) || len(got) > 0 {
					t.Fatalf("got %q, %v, want a report of the gap", got, err)
				}
				o.AllowDataLoss = true
				read("5")
			})
		})
	}
}

func TestRule1_8_FollowsEmptyPagesWhileBehind(t *testing.T) {
	for name, way := range map[string]local.Options{"with MillisBehindLatest": {}, "no MillisBehindLatest": {OmitMillisBehindLatest: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesistest.NewService(t, 1, way)
				s.Put(0, numbers(1, 4)...)
				time.Sleep(2 * time.Second)
				s.Fault("GetRecords=empty*20")
				o := testOptions()
				o.MaxRecordsPerFetch = 2
				start := time.Now()
				var got []string
				s.Must(readInto(t, s, 30*time.Second, o, func(b *Batch) error {
					got = append(got, batchRecords(b)...)
					if took := time.Since(start); took > 9*time.Second {
						t.Errorf("records came after %s, want 20 empty pages in 8 s", took)
					}
					return nil
				}))
				ordered(t, got, numbers(1, 4)...)
			})
		})
	}
}

func TestRule1_10_SpacesPagesByTheirBytes(t *testing.T) {
	// 11 MB in one shard, read at the maximum rate from an endpoint that enforces the limits. A
	// page of 10 MiB is followed by a pause of five seconds, and no call is throttled.
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		payload := strings.Repeat("x", 1_000_000)
		const records = 11
		for range records {
			s.Put(0, payload)
			time.Sleep(time.Second)
		}
		o := testOptions()
		o.MaxFetchRate, o.MinFetchPeriod, o.AvailableNow = maxFetchRate, minFetchPeriod, true
		o.Encode = func(dst []byte, _ record.Record) ([]byte, error) { return append(dst, 'x'), nil }
		r, err := New(s, o)
		s.Must(err)
		n, start := 0, time.Now()
		s.Must(r.Run(t.Context(), func(b *Batch) error { n += b.Records; return nil }))
		if took := time.Since(start); n != records || r.Progress().Throttles != 0 || took < 5*time.Second || took > 7*time.Second {
			t.Errorf("%d records in %s with %d throttles", n, took, r.Progress().Throttles)
		}
	})
}

func TestRule1_10_ErrorClasses(t *testing.T) {
	for what, codes := range map[verdict]string{
		throttled: "ProvisionedThroughputExceededException",
		retryable: "LimitExceededException KMSThrottlingException InternalFailure InternalServerError ServiceUnavailable " +
			"RequestTimeout ThrottlingException ResourceInUseException",
		fatal: "KMSAccessDeniedException KMSDisabledException KMSInvalidStateException KMSNotFoundException KMSOptInRequired " +
			"AccessDeniedException UnrecognizedClientException ValidationException",
		expired:  "ExpiredIteratorException",
		refused:  "InvalidArgumentException",
		notFound: "ResourceNotFoundException",
	} {
		for code := range strings.FieldsSeq(codes) {
			if got := classify(fmt.Errorf("call: %w", kinesistest.APIError(code))); got != what {
				t.Errorf("%s: %d, want %d", code, got, what)
			}
		}
	}
	if got := classify(errors.New("unexpected EOF")); got != retryable {
		t.Errorf("a broken connection: %d", got)
	}
}

func TestRule1_12_PositionsNeverMoveBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 2, local.Options{})
		s.Put(0, numbers(1, 40)...)
		s.Put(1, numbers(41, 80)...)
		s.Split(1)
		s.Put(2, "81")
		s.Put(3, "82")
		time.Sleep(2 * time.Second)
		for _, fault := range []string{"expired-iterator@0.3", "ProvisionedThroughputExceededException@0.1", "cut@0.2", "InternalFailure@0.2"} {
			s.Fault("GetRecords=" + fault)
		}
		o, m := bounded(), kinesistest.NewMemory()
		o.Positions, o.MaxRecordsPerFetch, o.MaxFetchDuration = m, 3, time.Millisecond
		got, err := readFor(t, s, time.Hour, o)
		s.Must(err)
		once(t, got, numbers(1, 82))
		last := map[string]checkpoint.Shard{}
		for _, saved := range m.Saved {
			for id, at := range last {
				now, known := saved.Streams[0].Shards[id]
				switch {
				case !known, at.Kind == record.ShardEnd && now.Kind != record.ShardEnd, less(now.SequenceNumber, at.SequenceNumber):
					t.Errorf("%s went from %s to %s", id, describe(at), describe(now))
				}
			}
			last = saved.Streams[0].Shards
		}
		if n := len(m.Saved); n < 20 {
			t.Errorf("saved %d times", n)
		}
	})
}

// less compares sequence numbers; a missing one is the smallest.
func less(a, b string) bool {
	x, _ := new(big.Int).SetString("0"+a, 10)
	y, _ := new(big.Int).SetString("0"+b, 10)
	return x.Cmp(y) < 0
}

func TestRule1_12_SavesWrittenRecordsWhenTheRunEnds(t *testing.T) {
	// The run is stopped while a batch is being written, and the write succeeds.
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3}})
		o, m := testOptions(), kinesistest.NewMemory()
		o.Positions = m
		ctx, stop := context.WithCancel(t.Context())
		r, err := New(f, o)
		if err != nil {
			t.Fatal(err)
		}
		err = r.Run(ctx, func(*Batch) error {
			stop()
			synctest.Wait()
			return nil
		})
		if !errors.Is(err, context.Canceled) || m.Position("a") != "AFTER_SEQUENCE_NUMBER 3" {
			t.Errorf("%v, position %s", err, m.Position("a"))
		}
	})
}

func TestRule1_12_RefusesARecreatedStream(t *testing.T) {
	// There is no sequence number that the service could refuse: the creation times decide.
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		time.Sleep(2 * time.Second)
		o, m := bounded(), kinesistest.NewMemory()
		o.Positions = m
		_, err := readFor(t, s, time.Minute, o)
		s.Must(err)
		_, err = s.SDK.DeleteStream(t.Context(), &kinesis.DeleteStreamInput{StreamName: aws.String("orders")})
		s.Must(err)
		time.Sleep(2 * time.Second)
		_, err = s.SDK.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("orders"), ShardCount: aws.Int32(1)})
		s.Must(err)
		s.Put(0, "1")
		time.Sleep(2 * time.Second)
		saves := len(m.Saved)
		got, err := readFor(t, s, time.Minute, o)
		var unusable *CheckpointError
		if !errors.As(err, &unusable) || len(got) > 0 || len(m.Saved) != saves || m.Position(families.ShardName(0)) != "TRIM_HORIZON" {
			t.Errorf("got %q, %v, position %s, want it refused and the positions as they were", got, err, m.Position(families.ShardName(0)))
		}
	})
}
