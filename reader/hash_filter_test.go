package reader

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/kinesistest"
)

func TestHashFilterDropsSingleRecordsOfAggregates(t *testing.T) {
	const all = "1.0 1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8 1.9"
	mixed, upper := aggregate(t, "mixed"), aggregate(t, "upper")
	unreadable := &types.HashKeyRange{StartingHashKey: aws.String("0"), EndingHashKey: aws.String("x")}
	for _, test := range []struct {
		name     string
		payload  []byte
		hashes   *types.HashKeyRange
		change   func(*Options, *kinesistest.Fake)
		want     string
		dropped  int64
		describe int // number of calls
	}{
		{"a shard of the lower half", mixed, lowerHalf, nil, "1.0 1.2 1.4 1.6 1.8", 5, 2},
		{"a shard of the upper half", mixed, upperHalf, nil, "1.1 1.3 1.5 1.7 1.9", 5, 2},
		{"no record in the range", upper, lowerHalf, nil, "", 10, 2},
		{"all records in the range", upper, upperHalf, nil, all, 0, 1},
		{"a shard of all hash keys", mixed, wholeRange, nil, all, 0, 1},
		{"a range that is not known", mixed, nil, nil, all, 0, 1},
		{"a malformed range", mixed, unreadable, nil, all, 0, 1},
		{"no filter", mixed, lowerHalf, func(o *Options, _ *kinesistest.Fake) { o.HashFilter = false }, all, 0, 0},
		{"the call is denied", mixed, lowerHalf, func(_ *Options, f *kinesistest.Fake) {
			f.Hook = func(call, _ string) error {
				if call == "DescribeStreamSummary" {
					return kinesistest.APIError("AccessDeniedException")
				}
				return nil
			}
		}, "1.0 1.2 1.4 1.6 1.8", 5, 1},
		{"the call is retried", mixed, lowerHalf, func(_ *Options, f *kinesistest.Fake) {
			f.Hook = func(call, _ string) error {
				if n := len(f.Times(call, "")); call == "DescribeStreamSummary" && n > 1 && n < 20 {
					return kinesistest.APIError("LimitExceededException")
				}
				return nil
			}
		}, "1.0 1.2 1.4 1.6 1.8", 5, 20},
		{"aggregates are not expanded", mixed, lowerHalf, func(o *Options, _ *kinesistest.Fake) { o.HashFilter, o.NoDeaggregate = false, true }, fmt.Sprintf("%.20q", mixed), 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2}, Payloads: map[int][]byte{1: test.payload}, Hashes: test.hashes})
				o := subOptions()
				var log messageLog
				o.HashFilter, o.Info = true, log.add
				if test.change != nil {
					test.change(&o, f)
				}
				r, err := New(f, o)
				if err != nil {
					t.Fatal(err)
				}
				var got []byte
				if err := r.Run(t.Context(), HandlerOf(func(b *Batch) error {
					for _, block := range b.Blocks {
						got = append(got, block.Data...)
					}
					return nil
				})); err != nil {
					t.Fatal(err)
				}
				if want := strings.TrimSpace(test.want + ` "2"`); strings.TrimSpace(string(got)) != want {
					t.Errorf("got %s, want %s", got, want)
				}
				if n := r.Progress().Dropped; n != test.dropped {
					t.Errorf("%d dropped, want %d", n, test.dropped)
				}
				if calls := len(f.Times("DescribeStreamSummary", "")); calls != test.describe {
					t.Errorf("DescribeStreamSummary called %d times, want %d", calls, test.describe)
				}
				var lines []string
				for _, line := range log.lines {
					if strings.Contains(line, "--hash-filter drop") {
						lines = append(lines, line)
					}
				}
				var want []string
				if test.dropped > 0 {
					want = []string{
						"orders/a: an aggregate holds records whose hash keys are outside of the shard's range: --hash-filter drops them",
						fmt.Sprintf("orders: --hash-filter dropped %d records of aggregates: their hash keys are outside of their shards' ranges", test.dropped),
					}
				}
				if !slices.Equal(lines, want) {
					t.Errorf("messages %q, want %q", lines, want)
				}
			})
		})
	}
}

func TestHashFilterUsesTheRangeOfAnUnlistedChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mixed := aggregate(t, "mixed")
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Hashes: wholeRange})
		f.Hook = func(call, shard string) error {
			if call == "GetRecords" && shard == "a" && len(f.Times(call, shard)) == 1 {
				f.Change(func() {
					a := f.Find("a")
					a.Closed, a.Children = true, []string{"b"}
					f.Shards = append(f.Shards, &kinesistest.Shard{ID: "b", Parent: "a", Records: []int{1}, Payloads: map[int][]byte{1: mixed}, Hashes: lowerHalf})
				})
			}
			return nil
		}
		o := subOptions()
		o.AvailableNow, o.Limit, o.HashFilter = false, 5, true
		o.ShardFetchInterval = time.Hour
		batches, err := collectRun(t.Context(), t, f, o)
		if want := []string{"1.0 1.2 1.4 1.6 1.8"}; err != nil || !slices.Equal(batches, want) {
			t.Errorf("got %q, %v, want %q", batches, err, want)
		}
	})
}
