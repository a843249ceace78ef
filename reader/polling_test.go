package reader

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/kinesistest"
	"kin/internal/lineage"
	"kin/internal/record"
)

// runFor runs a reader for d and returns what it wrote and its messages.
func runFor(t *testing.T, f *kinesistest.Fake, d time.Duration, o Options) (written string, messages []string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), d, errors.New("time is up"))
	defer cancel()
	lines := make(chan string, 1000)
	o.Info = func(s string) { lines <- s }
	batches, err := collectRun(ctx, t, f, o)
	close(lines)
	for line := range lines {
		messages = append(messages, line)
	}
	return strings.Join(batches, " "), messages, err
}

func TestFetchesKeepTheirPeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a"})
		if _, _, err := runFor(t, f, 1300*time.Millisecond, testOptions()); err == nil || err.Error() != "time is up" {
			t.Fatal(err)
		}
		want := []string{"0s", "400ms", "800ms", "1.2s"}
		if got := f.Times("GetRecords", "a"); !slices.Equal(got, want) {
			t.Errorf("fetched at %v, want %v", got, want)
		}
	})
}

func TestThrottledShardSleepsFiveSecondsAndOthersContinue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3, 4}}, &kinesistest.Shard{ID: "b", Records: []int{5}})
		var throttles atomic.Int32
		f.Hook = func(call, shard string) error {
			if call == "GetRecords" && shard == "a" && throttles.Add(1) <= 2 {
				return kinesistest.APIError("ProvisionedThroughputExceededException")
			}
			return nil
		}
		written, messages, _ := runFor(t, f, 13900*time.Millisecond, testOptions())
		if got, want := f.Times("GetRecords", "a")[:3], []string{"0s", "5s", "10s"}; !slices.Equal(got, want) {
			t.Errorf("the throttled shard was fetched at %v, want %v", got, want)
		}
		if n := len(f.Times("GetRecords", "b")); n != 35 {
			t.Errorf("the other was fetched %d times in 13.9s, want 35", n)
		}
		if want := []string{"orders/a: Hit rate limit. Sleeping for 5 seconds."}; !slices.Equal(messages, want) {
			t.Errorf("messages %q, want it once a minute", messages)
		}
		if got := strings.Fields(written); len(got) != 5 {
			t.Errorf("wrote %q, want all five", written)
		}
	})
}

func TestThrottlingHalvesTheLimitAndSuccessRestoresIt(t *testing.T) {
	o := testOptions()
	o.Info = func(string) {}
	r := &session{o: o, progress: &progress{}, hints: hints{report: o.Info}, log: slog.New(slog.DiscardHandler)}
	p := newPolling(newAssignment(newStream(r, "orders"), "a", lineage.AtTime(time.Unix(1, 0))))
	p.pace.count = 800
	err := kinesistest.APIError("ProvisionedThroughputExceededException")
	var limits []int
	for range 2 {
		if _, err := p.failed(t.Context(), err); err != nil {
			t.Fatal(err)
		}
		limits = append(limits, p.pace.limit)
	}
	for range 6 {
		p.noteSuccess(&Response{})
		limits = append(limits, p.pace.limit)
	}
	if want := []int{400, 200, 400, 800, 1600, 3200, 6400, 10000}; !slices.Equal(limits, want) {
		t.Errorf("asked for %v records, want %v", limits, want)
	}
}

func TestRebuildsAnExpiredIteratorAfterTheLastRecord(t *testing.T) {
	// KINESIS.md bug 22: not from where the run began, which would read everything again.
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3, 4, 5, 6}})
		f.Page = 2
		n := 0
		f.Hook = func(call, _ string) error {
			if call == "GetRecords" {
				if n++; n == 3 {
					return kinesistest.APIError("ExpiredIteratorException")
				}
			}
			return nil
		}
		batches, err := collectRun(t.Context(), t, f, bounded())
		if got := strings.Join(batches, " "); err != nil || got != "1 2 3 4 5 6" {
			t.Errorf("got %q, %v", got, err)
		}
		if got := f.Times("GetShardIterator", "a AFTER_SEQUENCE_NUMBER 4"); len(got) != 1 {
			t.Errorf("calls %v, want one new iterator after 4", f.Calls)
		}
	})
}

func TestIteratorExpiredBeforeTheFirstRecordKeepsTheStart(t *testing.T) {
	// KINESIS.md bug 23: a second LATEST would skip the records in between.
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a"})
		o := testOptions()
		o.InitialPosition = record.Position{Kind: record.Latest}
		n := 0
		f.Hook = func(call, _ string) error {
			if call == "GetRecords" {
				if n++; n == 2 {
					f.Change(func() { f.Find("a").Records = []int{7} })
					return kinesistest.APIError("ExpiredIteratorException")
				}
			}
			return nil
		}
		written, _, _ := runFor(t, f, 10*time.Second, o)
		if written != "7" {
			t.Errorf("wrote %q, want 7", written)
		}
		if got := f.Times("GetShardIterator", "a AT_TIMESTAMP"); len(got) != 0 {
			t.Log(f.Calls)
		}
		for _, c := range f.Calls {
			if strings.Contains(c, "LATEST") {
				t.Errorf("asked for %s", c)
			}
		}
	})
}

func TestAbandonsAnAttemptAfterThirtySeconds(t *testing.T) {
	// KINESIS.md bug 24: the attempt ends, and other shards are not affected.
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}}, &kinesistest.Shard{ID: "b", Records: []int{2}})
		stalled := false
		f.Hook = func(call, shard string) error {
			if call == "GetRecords" && shard == "a" && !stalled {
				stalled = true
				return kinesistest.ErrStall
			}
			return nil
		}
		written, _, _ := runFor(t, f, 45*time.Second, testOptions())
		if got := strings.Fields(written); len(got) != 2 {
			t.Errorf("wrote %q, want both", written)
		}
		if n := len(f.Times("GetRecords", "b")); n < 100 {
			t.Errorf("the other shard was fetched %d times in 45s", n)
		}
	})
}

func TestRunRetriesForeverAndReportsOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a"})
		f.Hook = func(call, _ string) error {
			if call == "GetRecords" {
				return kinesistest.APIError("InternalFailure")
			}
			return nil
		}
		_, messages, err := runFor(t, f, 10*time.Minute, testOptions())
		if err == nil || err.Error() != "time is up" {
			t.Errorf("ended with %v", err)
		}
		if len(messages) < 8 || len(messages) > 11 {
			t.Errorf("%d messages in ten minutes, want one a minute: %q", len(messages), messages)
		}
		if want := "still trying: GetRecords for orders/a: InternalFailure: told to"; messages[0] != want {
			t.Errorf("messages %q, want %q", messages[0], want)
		}
	})
}

func TestRetryForEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a"})
		f.Hook = func(call, _ string) error {
			if call == "GetRecords" {
				return kinesistest.APIError("InternalFailure")
			}
			return nil
		}
		o := testOptions()
		o.RetryFor = 20 * time.Second
		_, _, err := runFor(t, f, time.Hour, o)
		var gaveUp *GaveUpError
		// The last attempt keeps the period between two fetches.
		if !errors.As(err, &gaveUp) || gaveUp.After < 20*time.Second || gaveUp.After > 20*time.Second+o.MinFetchPeriod {
			t.Errorf("got %v, want to give up after 20s", err)
		}
	})
}

func TestStartGivesUpAfterThirtySeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake()
		f.Hook = func(string, string) error { return errors.New("connection refused") }
		_, _, err := runFor(t, f, time.Hour, testOptions())
		var gaveUp *GaveUpError
		if !errors.As(err, &gaveUp) || gaveUp.After != 30*time.Second {
			t.Errorf("got %v, want to give up after 30s", err)
		}
	})
}

func TestRunContinuesAfterATrimmedShard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}, Closed: true}, &kinesistest.Shard{ID: "b", Parent: "a", Records: []int{2}})
		f.Hook = func(call, shard string) error {
			if call == "GetRecords" && shard == "a" {
				f.Change(func() { f.Shards = f.Shards[1:] })
				return kinesistest.APIError("ResourceNotFoundException")
			}
			return nil
		}
		o := bounded()
		written, messages, err := runFor(t, f, time.Minute, o)
		if err != nil || written != "2" {
			t.Errorf("wrote %q, %v", written, err)
		}
		if want := []string{"orders/a is no longer retained; its records after its start are gone"}; !slices.Equal(messages, want) {
			t.Errorf("messages %q, want %q", messages, want)
		}
	})
}

func TestDeletedStreamEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a"})
		n := 0
		f.Hook = func(call, _ string) error {
			if n++; n > 5 {
				return kinesistest.APIError("ResourceNotFoundException")
			}
			return nil
		}
		_, _, err := runFor(t, f, time.Hour, testOptions())
		var call *CallError
		if !errors.As(err, &call) || call.Call != "ListShards" {
			t.Errorf("got %v, want the stream not found", err)
		}
	})
}
