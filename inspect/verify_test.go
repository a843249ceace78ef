package inspect

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/kinesistest"
)

// A listing may lag behind the children that the end of a shard named.
func TestVerifyWaitsForAChildThatIsNotListedYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}, Closed: true, Children: []string{"b"}})
		f.Hook = func(call, _ string) error {
			if call == "ListShards" && len(f.Times("ListShards", "")) == 2 {
				f.Change(func() { f.Shards = append(f.Shards, &kinesistest.Shard{ID: "b", Parent: "a", Records: []int{2, 3}}) })
			}
			return nil
		}
		m := positionsIn(map[string]string{"a": "1", "b": "2"})
		l, err := NewLagMeter(f, LagMeterOptions{Streams: []string{"orders"}, Positions: m})
		if err != nil {
			t.Fatal(err)
		}
		checks, err := l.Verify(t.Context())
		if err != nil || len(checks) != 1 || len(checks[0].Findings) > 0 {
			t.Errorf("got %+v, %v", checks, err)
		}
		f.Change(func() { f.Calls, f.Shards = nil, f.Shards[:1] })
		o := testOptions()
		o.Positions, o.AvailableNow = m, true
		got, err := collectRun(t.Context(), t, f, o)
		if err != nil || strings.Join(got, " ") != "3" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

// Verify reports every call that fails or hangs after 5 s.
func TestFault14VerifyReportsWhatItWaitsFor(t *testing.T) {
	for _, call := range []string{"ListShards", "DescribeStreamSummary", "GetShardIterator"} {
		for name, answer := range map[string]func(context.Context) error{
			"fails": func(context.Context) error { return kinesistest.RefusedConnection() },
			"hangs": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		} {
			t.Run(call+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2}})
					ctx, cancel := context.WithTimeout(t.Context(), 29*time.Second)
					defer cancel()
					f.Hook = func(c, _ string) error {
						if c != call {
							return nil
						}
						return answer(ctx)
					}
					var messages kinesistest.Lines
					l, err := NewLagMeter(f, LagMeterOptions{Streams: []string{"orders"}, Positions: positionsIn(map[string]string{"a": "1"}), Info: messages.Add})
					if err != nil {
						t.Fatal(err)
					}
					_, _ = l.Verify(ctx)
					if !strings.HasPrefix(messages.Text(), "still trying: "+call+" for ") {
						t.Errorf("messages %q", messages.Text())
					}
				})
			})
		}
	}
}
