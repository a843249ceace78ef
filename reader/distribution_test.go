package reader

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/kinesistest"
	"kin/internal/record"
)

func TestFault06FetchesTheStrategyAfterEachResponse(t *testing.T) {
	// A stream's strategy can change during a run: an answer from before a response is no evidence
	// for it.
	synctest.Test(t, func(t *testing.T) {
		mixed := aggregate(t, "mixed")
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}, Payloads: map[int][]byte{1: mixed, 2: mixed, 3: mixed, 4: mixed}, Hashes: lowerHalf})
		o := subOptions()
		o.AvailableNow, o.Limit, o.HashFilter = false, 30, true
		o.MaxFetchDuration, o.IdleTimeout = time.Second, 10*time.Minute
		var log messageLog
		o.Info = log.add
		var kept messageLog
		o.Report = kept.add
		go func() {
			time.Sleep(30 * time.Second)
			f.Change(func() { f.Find("a").Records = append(f.Find("a").Records, 2) })
			time.Sleep(5 * time.Second)
			f.Change(func() {
				f.Strategy = types.RecordDistributionStrategyAuto
				f.Find("a").Records = append(f.Find("a").Records, 3)
			})
			time.Sleep(120 * time.Second)
			f.Change(func() {
				// There may still be records from before the change.
				f.Strategy = types.RecordDistributionStrategyUserPartitionKey
				f.Find("a").Records = append(f.Find("a").Records, 4)
			})
		}()
		batches, err := collectRun(t.Context(), t, f, o)
		want := []string{
			"1.0 1.2 1.4 1.6 1.8", "2.0 2.2 2.4 2.6 2.8",
			"3.0 3.1 3.2 3.3 3.4 3.5 3.6 3.7 3.8 3.9", "4.0 4.1 4.2 4.3 4.4 4.5 4.6 4.7 4.8 4.9",
		}
		if err != nil || !slices.Equal(batches, want) {
			t.Errorf("got %q, %v, want %q", batches, err, want)
		}
		if calls := len(f.Times("DescribeStreamSummary", "")); calls != 4 {
			t.Errorf("asked %d times, want at the start and for three responses", calls)
		}
		if len(log.lines) != 1 {
			t.Errorf("messages %q, want the first time", log.lines)
		}
		if want := []string{
			"the RecordDistributionStrategy of orders has become AUTO: --hash-filter no longer drops its records",
			"orders: --hash-filter dropped 10 records of aggregates: their hash keys are outside of their shards' ranges",
		}; !slices.Equal(kept.lines, want) {
			t.Errorf("reported %q, want %q", kept.lines, want)
		}
	})
}

func TestFault06HashFilterRefusesAnAutoStream(t *testing.T) {
	for _, kept := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}, Payloads: map[int][]byte{1: aggregate(t, "mixed")}, Hashes: lowerHalf})
			f.Strategy = types.RecordDistributionStrategyAuto
			o, m := subOptions(), kinesistest.NewMemory()
			if o.HashFilter = true; kept {
				o.Positions = m
			}
			batches, err := collectRun(t.Context(), t, f, o)
			var bad *record.OptionError
			if !errors.As(err, &bad) || bad.Field != "hash filter" || len(batches) > 0 || len(m.Saved) > 0 {
				t.Errorf("got %q, %v", batches, err)
			}
			if n := len(f.Times("GetRecords", "a")); n != 0 {
				t.Errorf("%d fetches", n)
			}
			if calls := len(f.Times("DescribeStreamSummary", "")); calls != 1 {
				t.Errorf("asked %d times, want once", calls)
			}

			o.HashFilter = false
			batches, err = collectRun(t.Context(), t, f, o)
			if err != nil || len(strings.Fields(strings.Join(batches, " "))) != 10 {
				t.Errorf("without the filter: got %q, %v", batches, err)
			}
		})
	}
}

func TestShardsShareTheCallForTheStrategy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mixed := aggregate(t, "mixed")
		f := kinesistest.NewFake()
		for i := range 8 {
			f.Shards = append(f.Shards, &kinesistest.Shard{ID: fmt.Sprintf("shard-%d", i), Records: []int{1}, Payloads: map[int][]byte{1: mixed}, Hashes: upperHalf})
		}
		f.Hook = func(call, _ string) error {
			if call == "DescribeStreamSummary" && len(f.Times(call, "")) > 1 {
				time.Sleep(time.Second)
			}
			return nil
		}
		o := subOptions()
		o.HashFilter = true
		batches, err := collectRun(t.Context(), t, f, o)
		if got := len(strings.Fields(strings.Join(batches, " "))); err != nil || got != 8*5 {
			t.Errorf("got %d records, %v, want 40", got, err)
		}
		if calls := len(f.Times("DescribeStreamSummary", "")); calls != 2 {
			t.Errorf("asked %d times, want once at the start and once for all", calls)
		}
	})
}

func TestFailedCallForTheStrategyLosesNoRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}, Payloads: map[int][]byte{1: aggregate(t, "mixed")}, Hashes: lowerHalf})
		f.Hook = func(call, _ string) error {
			if call == "DescribeStreamSummary" && len(f.Times(call, "")) > 1 {
				return kinesistest.APIError("LimitExceededException")
			}
			return nil
		}
		o, m := subOptions(), kinesistest.NewMemory()
		o.RetryFor, o.Positions, o.HashFilter = time.Minute, m, true
		batches, err := collectRun(t.Context(), t, f, o)
		var gaveUp *GaveUpError
		if len(batches) > 0 || !errors.As(err, &gaveUp) || m.Position("a") != "TRIM_HORIZON" {
			t.Errorf("got %q, %v, position %s", batches, err, m.Position("a"))
		}
	})
}

func TestDoesNotFetchTheStrategyAfterTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}, Payloads: map[int][]byte{1: aggregate(t, "mixed")}, Hashes: lowerHalf})
		ctx, cancel := context.WithCancelCause(t.Context())
		stopped := errors.New("stopped")
		f.Hook = func(call, _ string) error {
			if call == "DescribeStreamSummary" && len(f.Times(call, "")) > 1 {
				cancel(stopped)
				return context.Canceled
			}
			return nil
		}
		o := subOptions()
		o.HashFilter = true
		if _, err := collectRun(ctx, t, f, o); !errors.Is(err, stopped) {
			t.Errorf("ended with %v", err)
		}
	})
}
