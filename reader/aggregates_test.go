package reader

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/lineage"
	"kin/internal/record"
)

// aggregate returns an aggregate of ten records. The records of mixed alternate between the lower
// and the upper half of the hash keys; those of upper are all in the upper half.
func aggregate(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "internal", "kpl", "testdata", name+".bin"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var (
	lowerHalf = &types.HashKeyRange{StartingHashKey: aws.String("0"), EndingHashKey: aws.String("170141183460469231731687303715884105727")}
	upperHalf = &types.HashKeyRange{
		StartingHashKey: aws.String("170141183460469231731687303715884105728"), EndingHashKey: aws.String("340282366920938463463374607431768211455"),
	}
	wholeRange = &types.HashKeyRange{StartingHashKey: aws.String("0"), EndingHashKey: upperHalf.EndingHashKey}
)

// subOptions encodes a record as a space after its sub-sequence number, or after its payload for a
// record that is not aggregated.
func subOptions() Options {
	o := bounded()
	o.Encode = func(dst []byte, r record.Record) ([]byte, error) {
		if r.Aggregated {
			return fmt.Appendf(dst, "%s.%d ", r.SequenceNumber, r.SubSequenceNumber), nil
		}
		return fmt.Appendf(dst, "%.20q ", r.Data), nil
	}
	return o
}

// messageLog collects the messages of a run.
type messageLog struct {
	mu    sync.Mutex
	lines []string
}

func (s *messageLog) add(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
}

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
				if err := r.Run(t.Context(), func(b *Batch) error {
					for _, block := range b.Blocks {
						got = append(got, block.Data...)
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				if want := strings.TrimSpace(test.want + ` "2"`); strings.TrimSpace(string(got)) != want {
					t.Errorf("got %s, want %s", got, want)
				}
				if n := r.Progress().LeftOut; n != test.dropped {
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

func TestResumesInsideAnAggregateAfterAKill(t *testing.T) {
	// aserrallerios/kcl-akka-stream#3 (KINESIS.md 28): a run stops after 3 of 10 records. The next
	// run delivers 4 to 9 and the following records, once each.
	sub := int64(3)
	inside := checkpoint.Shard{Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: "2", SubSequenceNumber: &sub}}
	resumed := func(t *testing.T, f *kinesistest.Fake, change func(*Options)) ([]string, *kinesistest.Memory, error) {
		t.Helper()
		m := kinesistest.NewMemory()
		m.File.Streams = []checkpoint.Stream{{Name: "orders", InitialPosition: "trim_horizon", Shards: map[string]checkpoint.Shard{"a": inside}}}
		o := subOptions()
		o.Positions = m
		if change != nil {
			change(&o)
		}
		batches, err := collectRun(t.Context(), t, f, o)
		return strings.Fields(strings.Join(batches, " ")), m, err
	}
	rest := []string{"2.4", "2.5", "2.6", "2.7", "2.8", "2.9", `"3"`}
	records := func(t *testing.T) *kinesistest.Shard {
		return &kinesistest.Shard{ID: "a", Records: []int{1, 2, 3}, Payloads: map[int][]byte{2: aggregate(t, "ten")}}
	}
	at, after := "GetShardIterator a AT_SEQUENCE_NUMBER 2", "GetShardIterator a AFTER_SEQUENCE_NUMBER 2"

	for _, test := range []struct {
		name  string
		hook  func(f *kinesistest.Fake) func(call, shard string) error
		calls []string // for iterators
	}{
		{"no failure", nil, []string{at}},
		// influxdata/telegraf#19505 (KINESIS.md 22): a new iterator begins after the last record
		// received, not where the run began.
		{"the iterator expires before the aggregate", func(f *kinesistest.Fake) func(string, string) error {
			return func(call, shard string) error {
				if call == "GetRecords" && len(f.Times(call, shard)) == 1 {
					return kinesistest.APIError("ExpiredIteratorException")
				}
				return nil
			}
		}, []string{at, at}},
		{"the iterator expires after the aggregate", func(f *kinesistest.Fake) func(string, string) error {
			return func(call, shard string) error {
				if call == "GetRecords" && len(f.Times(call, shard)) == 2 {
					return kinesistest.APIError("ExpiredIteratorException")
				}
				return nil
			}
		}, []string{at, after}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(records(t))
				f.Page = 1
				if test.hook != nil {
					f.Hook = test.hook(f)
				}
				got, m, err := resumed(t, f, nil)
				if err != nil || !slices.Equal(got, rest) || m.Position("a") != "AFTER_SEQUENCE_NUMBER 3" || m.File.Streams[0].Shards["a"].SubSequenceNumber != nil {
					t.Errorf("got %q, %v, position %s", got, err, m.Position("a"))
				}
				var iterators []string
				for _, c := range f.Calls {
					if call, _, _ := strings.Cut(c, " @"); strings.HasPrefix(call, "GetShardIterator") {
						iterators = append(iterators, call)
					}
				}
				if !slices.Equal(iterators, test.calls) {
					t.Errorf("asked for %q, want %q", iterators, test.calls)
				}
			})
		})
	}

	t.Run("stopped again before the first record", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := kinesistest.NewFake(records(t))
			f.Hook = func(call, _ string) error {
				if call == "GetRecords" {
					return kinesistest.APIError("AccessDeniedException")
				}
				return nil
			}
			_, m, err := resumed(t, f, nil)
			if err == nil || !reflect.DeepEqual(m.File.Streams[0].Shards["a"].SubSequenceNumber, &sub) {
				t.Errorf("%v, position %+v", err, m.File.Streams[0].Shards["a"])
			}
		})
	})
	t.Run("a bound before the aggregate's arrival", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, m, err := resumed(t, kinesistest.NewFake(records(t)), func(o *Options) {
				o.AvailableNow, o.To = false, record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: kinesistest.Arrival(1)}}
			})
			if err != nil || !reflect.DeepEqual(m.File.Streams[0].Shards["a"].SubSequenceNumber, &sub) {
				t.Errorf("%v, position %+v", err, m.File.Streams[0].Shards["a"])
			}
		})
	})
	t.Run("the aggregate was trimmed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{3}, Payloads: map[int][]byte{3: aggregate(t, "ten")}})
			got, _, err := resumed(t, f, nil)
			if err != nil || len(got) != 10 {
				t.Errorf("got %q, %v, want all of the next one", got, err)
			}
		})
	})
	t.Run("the next run does not expand aggregates", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			got, m, err := resumed(t, kinesistest.NewFake(records(t)), func(o *Options) { o.NoDeaggregate = true })
			want := &HalfReadError{Stream: "orders", Shard: "a", SequenceNumber: "2", SubSequenceNumber: 3}
			var half *HalfReadError
			if len(got) > 0 || !errors.As(err, &half) || *half != *want || len(m.Saved) > 0 {
				t.Errorf("got %q, %v, saved %d times", got, err, len(m.Saved))
			}
		})
	})
}

func TestCutsABlockInsideAnAggregate(t *testing.T) {
	resp := response(0, 10, 20, 30, 40)
	resp.Records[1].Data = aggregate(t, "mixed")
	resp.Records[2].Data = aggregate(t, "upper")
	resp.Continuation = "behind it all"
	lower := hashFilter{hashes: lineage.ParseHashKeyRange(lowerHalf), decided: true}
	encode := func(t *testing.T, f hashFilter, limit int64) *Block {
		t.Helper()
		e := newEncoder(subOptions().Encode)
		e.limit = limit
		return onlyBlock(t, newSlicer(e, resp, checkpoint.Shard{Position: record.Position{Kind: record.TrimHorizon}}, f))
	}
	position := func(b *Block) string {
		sub := ""
		if b.after.SubSequenceNumber != nil {
			sub = fmt.Sprint(" ", *b.after.SubSequenceNumber)
		}
		return fmt.Sprintf("%s %s%s", b.after.Kind, b.after.SequenceNumber, sub)
	}
	for _, test := range []struct {
		f        hashFilter
		n        int
		data     string
		position string
		dropped  int
	}{
		{hashFilter{}, 1, `"a"`, "AFTER_SEQUENCE_NUMBER 1", 0},
		{hashFilter{}, 2, `"a" 2.0`, "AT_SEQUENCE_NUMBER 2 0", 0},
		{hashFilter{}, 10, `"a" 2.0 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8`, "AT_SEQUENCE_NUMBER 2 8", 0},
		{hashFilter{}, 11, `"a" 2.0 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 2.9`, "AFTER_SEQUENCE_NUMBER 2", 0},
		{hashFilter{}, 12, `"a" 2.0 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 2.9 3.0`, "AT_SEQUENCE_NUMBER 3 0", 0},
		{lower, 3, `"a" 2.0 2.2`, "AT_SEQUENCE_NUMBER 2 2", 1},
		{lower, 6, `"a" 2.0 2.2 2.4 2.6 2.8`, "AFTER_SEQUENCE_NUMBER 2", 5},
	} {
		b := encode(t, test.f, int64(test.n))
		b.cut(test.n)
		if got := strings.TrimSpace(string(b.Data)); got != test.data || position(b) != test.position || b.dropped != test.dropped || b.Records != test.n {
			t.Errorf("cut at %d: got %s, %d records, %d dropped, position %s, want %s, %d dropped, position %s",
				test.n, got, b.Records, b.dropped, position(b), test.data, test.dropped, test.position)
		}
		if b.end || b.after.Continuation != "" {
			t.Errorf("cut at %d: end %t, continuation %q", test.n, b.end, b.after.Continuation)
		}
	}
	if b := encode(t, hashFilter{}, 0); len(b.marks) != 0 || b.Records != 22 {
		t.Errorf("without a limit: %d marks, %d records", len(b.marks), b.Records)
	}
	if b := encode(t, hashFilter{}, 5); len(b.marks) != 4 {
		t.Errorf("with a limit of 5: %d marks, want 4", len(b.marks))
	}
}

func TestDamagedAggregateLosesNoOtherRecords(t *testing.T) {
	ten := aggregate(t, "ten")
	broken := bytes.Clone(ten)
	broken[len(broken)-1] ^= 1
	resp := response(0, 10, 20, 30, 40, 50)
	resp.Records[1].Data = broken
	resp.Records[2].Data = ten[:len(ten)-1]
	resp.Records[3].Data = append(ten[:4:4], "fourteen bytes"...)
	b := onlyBlock(t, newSlicer(newEncoder(subOptions().Encode), resp, checkpoint.Shard{}, hashFilter{hashes: &lineage.HashKeyRange{}, decided: true}))
	want := fmt.Sprintf(`"a" %.20q %.20q %.20q "e" `, resp.Records[1].Data, resp.Records[2].Data, resp.Records[3].Data)
	if string(b.Data) != want || b.Records != 5 || b.after.SequenceNumber != "5" {
		t.Errorf("got %s, want %s", b.Data, want)
	}
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

// BenchmarkBlock encodes a page of 10 MB: of plain records, and of aggregates of 500 records.
func BenchmarkBlock(b *testing.B) {
	full := aggregate(b, "full")
	page := func(payload []byte) *Response {
		r := &Response{}
		for i := 0; i*len(payload) < 10_000_000; i++ {
			r.Records = append(r.Records, types.Record{SequenceNumber: aws.String("49590338271490256608559692538361571095921575989136588898"), PartitionKey: aws.String("k"), Data: payload})
		}
		return r
	}
	e := newEncoder(func(dst []byte, r record.Record) ([]byte, error) { return append(dst, r.Data...), nil })
	for _, bench := range []struct {
		name string
		r    *Response
		f    hashFilter
	}{
		{"plain", page(bytes.Repeat([]byte("x"), 1000)), hashFilter{}},
		{"aggregates", page(full), hashFilter{}},
		{"filtered", page(full), hashFilter{hashes: lineage.ParseHashKeyRange(lowerHalf), decided: true}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(10_000_000)
			for b.Loop() {
				allBlocks(b, newSlicer(e, bench.r, checkpoint.Shard{}, bench.f))
			}
		})
	}
}
