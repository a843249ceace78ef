package reader

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/kinesistest"
	"kin/internal/record"
)

func TestIdleTimeoutEndsTheRunSuccessfully(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}})
		f.Hook = func(call, shard string) error {
			if call == "GetRecords" && time.Since(f.Began) >= 5*time.Second && len(f.Find("a").Records) == 1 {
				f.Change(func() { f.Find("a").Records = []int{1, 2} })
			}
			return nil
		}
		o := testOptions()
		o.IdleTimeout = 8 * time.Second
		start := time.Now()
		batches, err := collectRun(t.Context(), t, f, o)
		if got := strings.Join(batches, " "); err != nil || got != "1 2" {
			t.Errorf("got %q, %v", got, err)
		}
		// The fetch at 5.2s returned the second record.
		if took := time.Since(start); took != 13200*time.Millisecond {
			t.Errorf("took %s, want 8s after the last record", took)
		}
	})
}

func TestRunWithASleepingShardIsNotIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2}})
		f.Hook = func(call, shard string) error {
			if call == "GetRecords" && len(f.Times(call, shard)) == 1 {
				return kinesistest.APIError("ProvisionedThroughputExceededException")
			}
			return nil
		}
		o := testOptions()
		o.IdleTimeout = 2 * time.Second
		batches, err := collectRun(t.Context(), t, f, o)
		if got := strings.Join(batches, " "); err != nil || got != "1 2" {
			t.Errorf("got %q, %v, want what came after the sleep", got, err)
		}
	})
}

func TestTimeout(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Options)
		unmet  bool
	}{
		{"without a bound it is no error", func(*Options) {}, false},
		{"before the limit", func(o *Options) { o.Limit = 3 }, true},
		{"before the time", func(o *Options) {
			o.To = record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: time.Now().Add(time.Hour)}}
		}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2}}, &kinesistest.Shard{ID: "b"})
				f.Hook = func(call, shard string) error {
					if call == "GetRecords" && shard == "b" {
						return kinesistest.APIError("InternalFailure") // so that no batch is flushed before the end
					}
					return nil
				}
				m := kinesistest.NewMemory()
				o := testOptions()
				o.Timeout = 4 * time.Second
				o.Positions = m
				test.change(&o)
				start := time.Now()
				batches, err := collectRun(t.Context(), t, f, o)
				var unmet *TimeoutError
				if errors.As(err, &unmet) != test.unmet || err != nil && !test.unmet {
					t.Errorf("ended with %v", err)
				}
				if took := time.Since(start); took != 4*time.Second {
					t.Errorf("took %s", took)
				}
				if got := strings.Join(batches, " "); got != "1 2" || m.Position("a") != "AFTER_SEQUENCE_NUMBER 2" {
					t.Errorf("wrote %q, position %q: what was read is written and committed", got, m.Position("a"))
				}
			})
		})
	}
}

func TestToEndsTheRunAfterItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The fake's records arrived in 1970; its endpoint has no clock of its own.
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2}})
		o := testOptions()
		o.To = record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: time.Now().Add(10 * time.Second)}}
		start := time.Now()
		batches, err := collectRun(t.Context(), t, f, o)
		if got := strings.Join(batches, " "); err != nil || got != "1 2" {
			t.Errorf("got %q, %v", got, err)
		}
		if took := time.Since(start); took < 10*time.Second || took > 11*time.Second {
			t.Errorf("took %s, want until the time has come", took)
		}

		o.To = record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: kinesistest.Arrival(1)}}
		batches, err = collectRun(t.Context(), t, f, o)
		if got := strings.Join(batches, " "); err != nil || got != "1" {
			t.Errorf("got %q, %v, want what arrived up to the time", got, err)
		}
	})
}
