package reader

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"

	"kin/internal/kinesistest"
)

func TestFault14TimeoutNamesTheLastFailureAtTheStart(t *testing.T) {
	for name, c := range map[string]struct {
		hook func(ctx context.Context) error
		want string
	}{
		"connection refused": {func(context.Context) error { return kinesistest.RefusedConnection() }, "ListShards for stream orders: dial tcp: connect: connection refused"},
		"throttled":          {func(context.Context) error { return kinesistest.APIError("LimitExceededException") }, "ListShards for stream orders: LimitExceededException: told to"},
		"no answer":          {func(context.Context) error { time.Sleep(4 * time.Second); return context.DeadlineExceeded }, "ListShards for stream orders: no answer in time"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a"})
				f.Hook = func(call, _ string) error {
					if call == "ListShards" {
						return c.hook(t.Context())
					}
					return nil
				}
				o := testOptions()
				o.Timeout = 5 * time.Second
				o.AvailableNow = true
				_, err := collectRun(t.Context(), t, f, o)
				var late *TimeoutError
				if !errors.As(err, &late) || err.Error() != "--timeout 5s expired before the bound was reached: "+c.want || late.Hint() != "" {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func TestFault14TimeoutNamesTheLastFailureDuringTheRun(t *testing.T) {
	for name, bounded := range map[string]bool{"of a run with a bound": true, "of a run without": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}}, &kinesistest.Shard{ID: "b"})
				f.Hook = func(call, shard string) error {
					if call == "GetRecords" && shard == "b" {
						return kinesistest.RefusedConnection()
					}
					return nil
				}
				var messages kinesistest.Lines
				o := testOptions()
				o.Timeout, o.AvailableNow, o.Info = 4*time.Second, bounded, messages.Add
				_, err := collectRun(t.Context(), t, f, o)
				const reason = "GetRecords for orders/b: dial tcp: connect: connection refused"
				if bounded && (err == nil || err.Error() != "--timeout 4s expired before the bound was reached: "+reason) {
					t.Errorf("got %v", err)
				}
				if !bounded && (err != nil || !strings.Contains(messages.Text(), "a call was still failing when --timeout expired, so records may be unread: "+reason)) {
					t.Errorf("got %v and %q", err, messages.Text())
				}
			})
		})
	}
}

// A run without current failures does not report earlier ones.
func TestFault14TimeoutIgnoresFailuresThatPassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a"})
		f.Hook = func(call, shard string) error {
			if call == "GetRecords" && len(f.Times(call, shard)) < 3 {
				return kinesistest.RefusedConnection()
			}
			return nil
		}
		o := testOptions()
		o.Timeout, o.Limit = 20*time.Second, 1
		_, err := collectRun(t.Context(), t, f, o)
		var late *TimeoutError
		if !errors.As(err, &late) || late.Err != nil || late.Hint() == "" {
			t.Errorf("got %v", err)
		}
	})
}

func TestFault14ReportsThatACallSucceedsAgain(t *testing.T) {
	for name, c := range map[string]struct {
		down map[string]time.Duration // until when each shard fails
		want []string                 // messages about the failures
	}{
		"one shard":                {map[string]time.Duration{"a": 12 * time.Second}, []string{"still trying: GetRecords for orders/a", "orders/a: connected again after "}},
		"too short to report":      {map[string]time.Duration{"a": 2 * time.Second}, nil},
		"all shards, the last one": {map[string]time.Duration{"a": 12 * time.Second, "b": 30 * time.Second}, []string{"still trying: GetRecords for orders/", "connected again after "}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a"}, &kinesistest.Shard{ID: "b"})
				f.Hook = func(call, shard string) error {
					if call == "GetRecords" && time.Since(f.Began) < c.down[shard] {
						return kinesistest.RefusedConnection()
					}
					return nil
				}
				var messages kinesistest.Lines
				o := testOptions()
				o.Timeout = 50 * time.Second
				o.Info = messages.Add
				if _, err := collectRun(t.Context(), t, f, o); err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, line := range messages.All {
					if strings.Contains(line, "trying") || strings.Contains(line, "connected") {
						got = append(got, line)
					}
				}
				if len(got) != len(c.want) {
					t.Fatalf("messages %q", got)
				}
				for i, want := range c.want {
					if !strings.HasPrefix(got[i], want) {
						t.Errorf("messages %q, want %q", got[i], want)
					}
				}
			})
		})
	}
}

// The message about the end of failures distinguishes a broken connection from throttling.
func TestFault14EndOfThrottlingIsNotReportedAsAConnection(t *testing.T) {
	for code, want := range map[string]string{
		"LimitExceededException": "orders/a: reading again after ",
		"ThrottlingException":    "orders/a: reading again after ",
		"ResourceInUseException": "orders/a: reading again after ",
		"InternalFailure":        "orders/a: connected again after ",
	} {
		t.Run(code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a"})
				f.Hook = func(call, _ string) error {
					if call == "GetRecords" && time.Since(f.Began) < 12*time.Second {
						return &smithy.GenericAPIError{Code: code}
					}
					return nil
				}
				var messages kinesistest.Lines
				o := testOptions()
				o.Timeout = 50 * time.Second
				o.Info = messages.Add
				if _, err := collectRun(t.Context(), t, f, o); err != nil {
					t.Fatal(err)
				}
				var again []string
				for _, line := range messages.All {
					if strings.Contains(line, " again after ") {
						again = append(again, line)
					}
				}
				if len(again) != 1 || !strings.HasPrefix(again[0], want) {
					t.Errorf("messages %q, want %q", messages.All, want)
				}
			})
		})
	}
}

// Without another bound, a timeout is a success if any shard gave a usable answer. Otherwise it is
// an error, even if no call has failed yet.
func TestFault14TimeoutWithoutAnyAnswer(t *testing.T) {
	const unanswered = "--timeout 10s expired before any shard gave a usable answer"
	for name, c := range map[string]struct {
		hook func(ctx context.Context, call, shard string) error
		want string
	}{
		"no records":    {func(context.Context, string, string) error { return nil }, ""},
		"one shard":     {callFails("GetRecords", "b"), ""},
		"all fetches":   {callFails("GetRecords", ""), unanswered + ": GetRecords for orders/"},
		"all iterators": {callFails("GetShardIterator", ""), unanswered + ": GetShardIterator for orders/"},
		"no answer": {func(ctx context.Context, call, _ string) error {
			if call == "GetRecords" {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}, unanswered},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a"}, &kinesistest.Shard{ID: "b"})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				f.Hook = func(call, shard string) error { return c.hook(ctx, call, shard) }
				time.AfterFunc(11*time.Second, cancel)
				o := testOptions()
				o.Timeout = 10 * time.Second
				_, err := collectRun(t.Context(), t, f, o)
				var late *TimeoutError
				switch {
				case c.want == "" && err == nil:
				case c.want != "" && errors.As(err, &late) && strings.HasPrefix(err.Error(), c.want) && late.Hint() == "":
				default:
					t.Errorf("got %v, want %q", err, c.want)
				}
			})
		})
	}
}

// callFails fails one call, of one shard or, without a shard, of all.
func callFails(call, shard string) func(context.Context, string, string) error {
	return func(_ context.Context, c, s string) error {
		if c == call && (shard == "" || s == shard) {
			return kinesistest.RefusedConnection()
		}
		return nil
	}
}
