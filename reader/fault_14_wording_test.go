package reader

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// unreadable is what the SDK returns for an answer that is not one of Kinesis.
func unreadable(call string) error {
	return &smithy.OperationError{ServiceID: "Kinesis", OperationName: call, Err: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 200}},
		Err:      &smithy.DeserializationError{Err: errors.New("failed to decode response body, invalid character '<'")},
	}}
}

// A message about a call of the start names the call, and never has the SDK's own text.
func TestFault14EveryCallOfTheStartIsNamed(t *testing.T) {
	for call, change := range map[string]func(*Options){
		"ListShards":            func(*Options) {},
		"DescribeStreamSummary": func(o *Options) { o.HashFilter = true },
	} {
		for what, tt := range map[string]struct {
			fail         func(ctx context.Context) error
			trying, ends string
		}{
			"unreadable": {func(context.Context) error { return unreadable(call) }, "the answer is not one of Kinesis (HTTP status 200)", "the answer is not one of Kinesis (HTTP status 200)"},
			"unanswered": {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, "no answer from the service for 5s", "no answer in time"},
		} {
			t.Run(call+", "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := newFake(&fakeShard{id: "a"})
					f.hook = func(c, _ string) error {
						if c != call {
							return nil
						}
						ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
						defer cancel()
						return tt.fail(ctx)
					}
					var said lines
					o := testOptions()
					o.AvailableNow, o.Info = true, said.say
					change(&o)
					_, err := collectRun(t.Context(), t, f, o)
					if want := call + " for stream orders: " + tt.ends; err == nil || !strings.HasPrefix(err.Error(), "gave up after ") || !strings.HasSuffix(err.Error(), want) {
						t.Errorf("got %v, want it to end in %q", err, want)
					}
					if want := "still trying: " + call + " for stream orders: " + tt.trying; !strings.Contains(said.text(), want) {
						t.Errorf("said %q, want %q", said.text(), want)
					}
					if all := said.text(); strings.Contains(all, "deserialization") || err != nil && strings.Contains(err.Error(), "deserialization") {
						t.Errorf("the SDK's words are in %q, %v", all, err)
					}
				})
			})
		}
	}
}

// A run with a checkpoint can do without DescribeStreamSummary. The messages that it
// fails, and that it is given up, name the call.
func TestFault14AnOptionalCallIsNamedWhileItIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(&fakeShard{id: "a", records: []int{1}})
		f.hook = func(c, _ string) error {
			if c == "DescribeStreamSummary" {
				return unreadable(c)
			}
			return nil
		}
		var said lines
		o := testOptions()
		o.AvailableNow, o.Info, o.Positions = true, said.say, newMemory()
		if _, err := collectRun(t.Context(), t, f, o); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			"still trying: DescribeStreamSummary for stream orders: the answer is not one of Kinesis (HTTP status 200)",
			"DescribeStreamSummary of orders fails (the answer is not one of Kinesis (HTTP status 200)): ",
		} {
			if !strings.Contains(said.text(), want) {
				t.Errorf("said %q, want %q", said.text(), want)
			}
		}
	})
}

// A run's time counts from where its command began.
func TestFault14TheTimeOfARunCountsFromItsCommand(t *testing.T) {
	for name, tt := range map[string]struct {
		before time.Duration // the run
		calls  bool          // something was fetched
	}{
		"in the middle":   {8 * time.Second, true},
		"before the call": {11 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(&fakeShard{id: "a"})
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
				if called := len(f.times("GetRecords", "a")) > 0; called != tt.calls {
					t.Errorf("it fetched: %v", called)
				}
			})
		})
	}
}
