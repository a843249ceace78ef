package reader

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/kinesistest"
)

// A message about a call at the start names the call, and never has the SDK's own text.
func TestFault14NamesEveryCallOfTheStart(t *testing.T) {
	for call, change := range map[string]func(*Options){
		"ListShards":            func(*Options) {},
		"DescribeStreamSummary": func(o *Options) { o.HashFilter = true },
	} {
		for what, tt := range map[string]struct {
			fail         func(ctx context.Context) error
			trying, ends string
		}{
			"unreadable": {func(context.Context) error { return kinesistest.Unreadable(call) }, "the answer did not come from Kinesis (HTTP status 200)", "the answer did not come from Kinesis (HTTP status 200)"},
			"unanswered": {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, "no answer from the service for 5s", "no answer in time"},
		} {
			t.Run(call+", "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := kinesistest.NewFake(&kinesistest.Shard{ID: "a"})
					f.Hook = func(c, _ string) error {
						if c != call {
							return nil
						}
						ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
						defer cancel()
						return tt.fail(ctx)
					}
					var messages kinesistest.Lines
					o := testOptions()
					o.AvailableNow, o.Info = true, messages.Add
					change(&o)
					_, err := collectRun(t.Context(), t, f, o)
					if want := call + " for stream orders: " + tt.ends; err == nil || !strings.HasPrefix(err.Error(), "gave up after ") || !strings.HasSuffix(err.Error(), want) {
						t.Errorf("got %v, want it to end in %q", err, want)
					}
					if want := "still trying: " + call + " for stream orders: " + tt.trying; !strings.Contains(messages.Text(), want) {
						t.Errorf("messages %q, want %q", messages.Text(), want)
					}
					if all := messages.Text(); strings.Contains(all, "deserialization") || err != nil && strings.Contains(err.Error(), "deserialization") {
						t.Errorf("the SDK's words are in %q, %v", all, err)
					}
				})
			})
		}
	}
}

// A run with a checkpoint works without DescribeStreamSummary. The messages about its failures name
// the call.
func TestFault14NamesAnOptionalCallThatIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}})
		f.Hook = func(c, _ string) error {
			if c == "DescribeStreamSummary" {
				return kinesistest.Unreadable(c)
			}
			return nil
		}
		var messages kinesistest.Lines
		o := testOptions()
		o.AvailableNow, o.Info, o.Positions = true, messages.Add, kinesistest.NewMemory()
		if _, err := collectRun(t.Context(), t, f, o); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			"still trying: DescribeStreamSummary for stream orders: the answer did not come from Kinesis (HTTP status 200)",
			"DescribeStreamSummary of orders fails (the answer did not come from Kinesis (HTTP status 200)): ",
		} {
			if !strings.Contains(messages.Text(), want) {
				t.Errorf("messages %q, want %q", messages.Text(), want)
			}
		}
	})
}

// Options.Timeout counts from the start of the command.
func TestFault14TimeoutCountsFromTheCommandStart(t *testing.T) {
	for name, tt := range map[string]struct {
		before time.Duration // the run
		calls  bool          // a fetch was made
	}{
		"during the call": {8 * time.Second, true},
		"before the call": {11 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a"})
				o := testOptions()
				o.Timeout, o.Began, o.Limit = 10*time.Second, time.Now(), 1
				time.Sleep(tt.before)
				began := time.Now()
				_, err := collectRun(t.Context(), t, f, o)
				var late *TimeoutError
				if !errors.As(err, &late) || late.After != 10*time.Second {
					t.Errorf("got %v", err)
				}
				if took := time.Since(began); took != max(0, 10*time.Second-tt.before) {
					t.Errorf("the run took %s", took)
				}
				if called := len(f.Times("GetRecords", "a")) > 0; called != tt.calls {
					t.Errorf("it fetched: %v", called)
				}
			})
		})
	}
}
