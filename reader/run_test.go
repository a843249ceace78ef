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

	"kin/internal/kinesistest"
	"kin/internal/record"
)

func bounded() Options {
	o := testOptions()
	o.AvailableNow = true
	return o
}

func TestReadsChildrenAfterAllTheirParents(t *testing.T) {
	// A splits into B and C; B and D merge into E. D is slow.
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(
			&kinesistest.Shard{ID: "a", Records: []int{1, 2}, Closed: true, Children: []string{"b", "c"}},
			&kinesistest.Shard{ID: "b", Parent: "a", Records: []int{3}, Closed: true, Children: []string{"e"}},
			&kinesistest.Shard{ID: "c", Parent: "a", Records: []int{4}},
			&kinesistest.Shard{ID: "d", Records: []int{5, 6, 7}, Closed: true, Children: []string{"e"}},
			&kinesistest.Shard{ID: "e", Parent: "b", Adjacent: "d", Records: []int{8}},
		)
		f.Page = 1
		batches, err := collectRun(t.Context(), t, f, bounded())
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Fields(strings.Join(batches, " "))
		if len(got) != 8 {
			t.Fatalf("got %v, want 8 records", got)
		}
		for _, order := range [][2]string{{"1", "2"}, {"2", "3"}, {"2", "4"}, {"3", "8"}, {"7", "8"}} {
			if slices.Index(got, order[0]) > slices.Index(got, order[1]) {
				t.Errorf("%s came after %s in %v", order[0], order[1], got)
			}
		}
	})
}

func TestChecksAnEndWithoutChildrenAgainstTheListing(t *testing.T) {
	t.Run("listed as closed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := kinesistest.NewFake(
				&kinesistest.Shard{ID: "a", Records: []int{1}, Closed: true},
				&kinesistest.Shard{ID: "b", Parent: "a", Records: []int{2}},
			)
			batches, err := collectRun(t.Context(), t, f, bounded())
			if want := []string{"1", "2"}; err != nil || !slices.Equal(batches, want) {
				t.Errorf("got %q, %v, want %q", batches, err, want)
			}
		})
	})
	t.Run("listed as open", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}, Endless: true})
			batches, err := collectRun(t.Context(), t, f, bounded())
			if want := []string{"1"}; err != nil || !slices.Equal(batches, want) {
				t.Errorf("got %q, %v, want %q", batches, err, want)
			}
			if n := len(f.Times("GetRecords", "a")); n < 3 {
				t.Errorf("asked %d times, want the false end asked again, and the tip", n)
			}
		})
	})
}

func TestReadsAClosedShardAtItsTipToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(
			&kinesistest.Shard{ID: "a", Records: []int{1}, Closed: true, Trailing: 2},
			&kinesistest.Shard{ID: "b", Parent: "a", Records: []int{2}},
		)
		batches, err := collectRun(t.Context(), t, f, bounded())
		if want := []string{"1", "2"}; err != nil || !slices.Equal(strings.Fields(strings.Join(batches, " ")), want) {
			t.Errorf("got %q, %v, want %q", batches, err, want)
		}
	})
}

func TestBoundedRunEndsSoonAfterASplit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2}})
		f.Page = 1
		f.Hook = func(call, shard string) error {
			if call == "GetRecords" && shard == "a" && len(f.Times(call, shard)) == 2 {
				f.Change(func() {
					a := f.Find("a")
					a.Closed, a.Children = true, []string{"b", "c"}
					f.Shards = append(f.Shards, &kinesistest.Shard{ID: "b", Parent: "a", Records: []int{3}}, &kinesistest.Shard{ID: "c", Parent: "a"})
				})
			}
			return nil
		}
		start := time.Now()
		batches, err := collectRun(t.Context(), t, f, bounded())
		if got := strings.Fields(strings.Join(batches, " ")); err != nil || len(got) != 3 {
			t.Errorf("got %v, %v", got, err)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestChildWithAnUnknownParentWaitsForAListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hidden := &kinesistest.Shard{ID: "b", Records: []int{2, 3}, Closed: true, Children: []string{"c"}}
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}})
		m := kinesistest.NewMemory()
		o := testOptions()
		o.Positions = m
		o.ShardFetchInterval = time.Hour // children are only found by the ends of their parents
		ctx, stop := context.WithCancelCause(t.Context())
		var got []string
		r, err := New(f, o)
		if err != nil {
			t.Fatal(err)
		}
		f.Hook = func(call, shard string) error {
			if call == "GetRecords" && shard == "a" && len(f.Times("GetRecords", "a")) == 3 {
				f.Change(func() {
					a := f.Find("a")
					a.Closed, a.Children = true, []string{"c"}
					f.Shards = append(f.Shards, hidden, &kinesistest.Shard{ID: "c", Parent: "a", Adjacent: "b", Records: []int{4}})
				})
			}
			return nil
		}
		err = r.Run(ctx, HandlerOf(func(b *Batch) error {
			for _, block := range b.Blocks {
				got = append(got, strings.Fields(string(block.Data))...)
			}
			if slices.Contains(got, "4") {
				stop(errors.New("seen all"))
			}
			return nil
		}))
		if err == nil || err.Error() != "seen all" {
			t.Fatal(err)
		}
		if want := []string{"1", "2", "3", "4"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestPositionsMoveOnlyAfterTheWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3, 4}})
		f.Page = 2
		m := kinesistest.NewMemory()
		o := bounded()
		o.Positions = m
		o.FetchBufferSize = 1 // a batch is one block
		r, err := New(f, o)
		if err != nil {
			t.Fatal(err)
		}
		refuse := errors.New("disk full")
		err = r.Run(t.Context(), HandlerOf(func(b *Batch) error {
			if b.ID == 1 {
				return refuse
			}
			return nil
		}))
		if !errors.Is(err, refuse) {
			t.Fatalf("got %v, want the handler's error", err)
		}
		if got, want := m.Position("a"), "AFTER_SEQUENCE_NUMBER 2"; got != want {
			t.Errorf("position %q, want %q", got, want)
		}

		// The next run reads the rest, and nothing else.
		batches, err := collectRun(t.Context(), t, f, o)
		if err != nil || strings.Join(batches, " ") != "3 4" {
			t.Errorf("got %q, %v, want 3 4", batches, err)
		}
	})
}

func TestSavesTheStartBeforeTheFirstFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Closed: true, Records: []int{1}}, &kinesistest.Shard{ID: "b", Parent: "a"})
		m := kinesistest.NewMemory()
		o := testOptions()
		o.InitialPosition = record.Position{Kind: record.Latest}
		o.Positions = m
		died := errors.New("died")
		f.Hook = func(call, _ string) error {
			if call == "GetRecords" {
				return kinesistest.APIError("AccessDeniedException")
			}
			return nil
		}
		_, err := collectRun(t.Context(), t, f, o)
		if err == nil || errors.Is(err, died) {
			t.Fatalf("got %v, want access denied", err)
		}
		s := m.File.Streams[0]
		if len(s.Shards) != 1 || m.Position("b") != "AT_TIMESTAMP" || !s.Shards["b"].Timestamp.Equal(s.StartedAt.Time) {
			t.Errorf("saved %+v, want the open shard at the start of the run", s.Shards)
		}
	})
}

func TestRecordsWithoutOutputMoveThePosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3}})
		m := kinesistest.NewMemory()
		o := bounded()
		o.Positions = m
		o.Encode = func(dst []byte, _ record.Record) ([]byte, error) { return dst, nil }
		batches, err := collectRun(t.Context(), t, f, o)
		if err != nil || len(batches) != 0 || m.Position("a") != "AFTER_SEQUENCE_NUMBER 3" {
			t.Errorf("got %q, %v, position %q", batches, err, m.Position("a"))
		}
	})
}

func TestLimitCutsInsideABlock(t *testing.T) {
	for limit, want := range map[int64]string{1: "1", 3: "1 2 3", 4: "1 2 3 4", 5: "1 2 3 4 5"} {
		synctest.Test(t, func(t *testing.T) {
			f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3, 4, 5}, Closed: true})
			f.Page = 4
			m := kinesistest.NewMemory()
			o := testOptions()
			o.Limit = limit
			o.Positions = m
			batches, err := collectRun(t.Context(), t, f, o)
			if err != nil || strings.Join(batches, " ") != want {
				t.Errorf("limit %d: got %q, %v, want %q", limit, batches, err, want)
			}
			rest, err := collectRun(t.Context(), t, f, func() Options { o := bounded(); o.Positions = m; return o }())
			if all := strings.TrimSpace(want + " " + strings.Join(rest, " ")); err != nil || all != "1 2 3 4 5" {
				t.Errorf("limit %d: both runs together %q, %v", limit, all, err)
			}
		})
	}
}

func TestBatchIsReleasedWhenAllShardsAreAtTheirTips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}}, &kinesistest.Shard{ID: "b", Records: []int{2}})
		ctx, stop := context.WithCancel(t.Context())
		o := testOptions()
		r, err := New(f, o)
		if err != nil {
			t.Fatal(err)
		}
		start, n := time.Now(), 0
		err = r.Run(ctx, HandlerOf(func(b *Batch) error {
			if n += b.Records; n == 2 {
				if waited := time.Since(start); waited > time.Millisecond {
					t.Errorf("released after %s, want at once", waited)
				}
				stop()
			}
			return nil
		}))
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestBatchIsReleasedAfterMaxFetchDuration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}}, &kinesistest.Shard{ID: "b", Records: []int{2}})
		f.Hook = func(call, shard string) error {
			if call == "GetRecords" && shard == "b" {
				return kinesistest.APIError("InternalFailure") // never at its tip
			}
			return nil
		}
		ctx, stop := context.WithCancel(t.Context())
		o := testOptions()
		o.MaxFetchDuration = 3 * time.Second
		r, err := New(f, o)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		err = r.Run(ctx, HandlerOf(func(*Batch) error {
			if waited := time.Since(start); waited != 3*time.Second {
				t.Errorf("released after %s, want 3s", waited)
			}
			stop()
			return nil
		}))
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestFetchesWhileABatchIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3, 4, 5, 6}})
		f.Page = 1
		o := bounded()
		r, err := New(f, o)
		if err != nil {
			t.Fatal(err)
		}
		var sizes []int
		err = r.Run(t.Context(), HandlerOf(func(b *Batch) error {
			sizes = append(sizes, b.Records)
			time.Sleep(time.Minute)
			return nil
		}))
		if total := sum(sizes); err != nil || total != 6 {
			t.Fatalf("got %d records, %v", total, err)
		}
		// One page every 400ms: all were received long before the first was written.
		if len(sizes) > 2 {
			t.Errorf("batches of %v, want the rest in one after the first", sizes)
		}
	})
}

func TestFullBufferStopsFetchingAndDropsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shards []*kinesistest.Shard
		for i := range 8 {
			s := &kinesistest.Shard{ID: fmt.Sprint("s", i)}
			for n := range 20 {
				s.Records = append(s.Records, i*100+n)
			}
			shards = append(shards, s)
		}
		f := kinesistest.NewFake(shards...)
		f.Page = 1
		o := bounded()
		o.FetchBufferSize = 2 << 20 // two reservations
		o.MaxFetchDuration = time.Hour
		peak := f.SlowFetches(10 * time.Millisecond)
		batches, err := collectRun(t.Context(), t, f, o)
		if got := len(strings.Fields(strings.Join(batches, " "))); err != nil || got != 160 {
			t.Errorf("got %d records, %v, want 160", got, err)
		}
		if n := peak(); n > 2 {
			t.Errorf("%d fetches at once, want no more than fit the buffer", n)
		}
	})
}

func TestTasksLimitConcurrentFetches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shards []*kinesistest.Shard
		for i := range 12 {
			shards = append(shards, &kinesistest.Shard{ID: fmt.Sprint("s", i), Records: []int{i}})
		}
		f := kinesistest.NewFake(shards...)
		o := bounded()
		o.Tasks, o.ShardsPerTask = 2, 2
		peak := f.SlowFetches(10 * time.Millisecond)
		batches, err := collectRun(t.Context(), t, f, o)
		if got := len(strings.Fields(strings.Join(batches, " "))); err != nil || got != 12 || peak() != 4 {
			t.Errorf("got %d records with %d fetches at once, %v, want 12 with 4", got, peak(), err)
		}
	})
}

func TestCancelDuringEncodingLeavesNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it fails if a goroutine stays
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}}, &kinesistest.Shard{ID: "b"})
		ctx, stop := context.WithCancelCause(t.Context())
		cause := errors.New("enough")
		_, err := collectRun(ctx, t, f, func() Options {
			o := testOptions()
			encode := o.Encode
			o.Encode = func(dst []byte, r record.Record) ([]byte, error) {
				stop(cause)
				return encode(dst, r)
			}
			return o
		}())
		if !errors.Is(err, cause) {
			t.Errorf("got %v, want the cause", err)
		}
	})
}

func sum(ns []int) int {
	total := 0
	for _, n := range ns {
		total += n
	}
	return total
}

func TestObservationsCoverEveryShardAndIdleTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(
			&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3, 4, 5}, Closed: true, Children: []string{"b"}},
			&kinesistest.Shard{ID: "b", Parent: "a"},
			&kinesistest.Shard{ID: "c"},
		)
		f.Page = 1
		o := testOptions()
		o.MaxFetchDuration = time.Second
		var seen []Observation
		o.Observe = func(o Observation) error {
			seen = append(seen, o)
			return nil
		}
		o.Timeout = 4500 * time.Millisecond
		if _, err := collectRun(t.Context(), t, f, o); err != nil {
			t.Fatal(err)
		}
		// The first batch: a is 1000 ms behind, b waits for a and has the same lag, and c is at its
		// tip.
		first := seen[0]
		if want := (StreamLag{Stream: "orders", Shards: 3, Avg: 2000.0 / 3, Max: 1000}); first.Streams[0] != want || first.BatchID != 0 || first.Records == 0 {
			t.Errorf("first observation %+v, want %+v", first, want)
		}
		last := seen[len(seen)-1]
		if want := (StreamLag{Stream: "orders", Shards: 2}); last.Streams[0] != want || last.Records != 0 || last.Rate != 0 {
			t.Errorf("last observation %+v, want %+v without records", last, want)
		}
		records := 0
		for i, o := range seen {
			records += o.Records
			if i > 0 && o.Time.Sub(seen[i-1].Time) > time.Second {
				t.Errorf("no observation for %s", o.Time.Sub(seen[i-1].Time))
			}
		}
		if records != 5 {
			t.Errorf("observed %d records, want 5", records)
		}
	})
}

func TestObserverErrorEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("disk full")
		o := testOptions()
		o.Observe = func(Observation) error { return full }
		if _, err := collectRun(t.Context(), t, kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}}), o); !errors.Is(err, full) {
			t.Errorf("got %v", err)
		}
	})
}
