package inspect

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A listing may lag behind what the end of a shard said of its children.
func TestAChildThatAListingDoesNotShowYetIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(&fakeShard{id: "a", records: []int{1}, closed: true, children: []string{"b"}})
		f.hook = func(call, _ string) error {
			if call == "ListShards" && len(f.times("ListShards", "")) == 2 {
				f.change(func() { f.shards = append(f.shards, &fakeShard{id: "b", parent: "a", records: []int{2, 3}}) })
			}
			return nil
		}
		m := positionsIn(map[string]string{"a": "1", "b": "2"})
		l, err := NewLooker(f, LookOptions{Streams: []string{"orders"}, Positions: m})
		if err != nil {
			t.Fatal(err)
		}
		checks, err := l.Verify(t.Context())
		if err != nil || len(checks) != 1 || len(checks[0].Findings) > 0 {
			t.Errorf("got %+v, %v", checks, err)
		}
		f.change(func() { f.calls, f.shards = nil, f.shards[:1] })
		o := testOptions()
		o.Positions, o.AvailableNow = m, true
		got, err := collectRun(t.Context(), t, f, o)
		if err != nil || strings.Join(got, " ") != "3" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

// Every call of a verification that fails or hangs is reported after 5 s.
func TestFault14AVerificationThatWaitsSaysWhatFor(t *testing.T) {
	for _, call := range []string{"ListShards", "DescribeStreamSummary", "GetShardIterator"} {
		for name, answer := range map[string]func(context.Context) error{
			"fails": func(context.Context) error { return refusedConnection() },
			"hangs": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		} {
			t.Run(call+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := newFake(&fakeShard{id: "a", records: []int{1, 2}})
					ctx, cancel := context.WithTimeout(t.Context(), 29*time.Second)
					defer cancel()
					f.hook = func(c, _ string) error {
						if c != call {
							return nil
						}
						return answer(ctx)
					}
					var said lines
					l, err := NewLooker(f, LookOptions{Streams: []string{"orders"}, Positions: positionsIn(map[string]string{"a": "1"}), Info: said.say})
					if err != nil {
						t.Fatal(err)
					}
					_, _ = l.Verify(ctx)
					if !strings.HasPrefix(said.text(), "still trying: "+call+" for ") {
						t.Errorf("said %q", said.text())
					}
				})
			})
		}
	}
}
