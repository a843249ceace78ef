package inspect

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"kin/internal/kinesistest"
	"kin/internal/record"
	"kin/internal/service"
	"kin/reader"
)

// oneBad is a client with several equal streams, and one whose calls fail.
type oneBad struct {
	*kinesistest.Fake
	fail func(ctx context.Context, call string) error
	bad  map[string]bool // streams whose calls fail
}

func (o oneBad) ListShards(ctx context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	if o.bad[in.StreamName] {
		if err := o.fail(ctx, "ListShards"); err != nil {
			return nil, err
		}
	}
	return o.Fake.ListShards(ctx, in)
}

func (o oneBad) GetShardIterator(ctx context.Context, in *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	if o.bad[in.StreamName] {
		if err := o.fail(ctx, "GetShardIterator"); err != nil {
			return nil, err
		}
	}
	return o.Fake.GetShardIterator(ctx, in)
}

// A stream that cannot be read does not hide the others, unless the failure concerns all streams.
func TestFault14OneUnreadableStreamDoesNotHideTheOthers(t *testing.T) {
	only := func(call string, err error) func(context.Context, string) error {
		return func(_ context.Context, c string) error {
			if c == call {
				return err
			}
			return nil
		}
	}
	hang := func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }
	for name, tt := range map[string]struct {
		fail  func(ctx context.Context, call string) error
		bad   []string
		want  string
		whole bool // the whole measurement fails
	}{
		"not found":           {only("ListShards", kinesistest.APIError("ResourceNotFoundException")), []string{"bad"}, "ListShards for stream bad: ResourceNotFoundException: told to", false},
		"listing is denied":   {only("ListShards", kinesistest.APIError("AccessDeniedException")), []string{"bad"}, "ListShards for stream bad: AccessDeniedException: told to", false},
		"reading is denied":   {only("GetShardIterator", kinesistest.APIError("AccessDeniedException")), []string{"bad"}, "GetShardIterator for bad/a: AccessDeniedException: told to", false},
		"garbled":             {only("ListShards", kinesistest.Unreadable("ListShards")), []string{"bad"}, "gave up after 30s: ListShards for stream bad: the answer did not come from Kinesis (HTTP status 200)", false},
		"unanswered":          {hang, []string{"bad"}, "gave up after 30s: ListShards for stream bad: no answer in time", false},
		"unknown credentials": {only("ListShards", kinesistest.APIError("UnrecognizedClientException")), []string{"bad"}, "ListShards for stream bad: UnrecognizedClientException: told to", true},
		"all":                 {only("ListShards", kinesistest.APIError("AccessDeniedException")), []string{"bad", "clicks", "orders"}, "ListShards for stream orders: AccessDeniedException: told to", true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := oneBad{Fake: kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}}), fail: tt.fail, bad: map[string]bool{}}
				for _, stream := range tt.bad {
					o.bad[stream] = true
				}
				l, err := NewLagMeter(o, LagMeterOptions{Streams: []string{"orders", "bad", "clicks"}, InitialPosition: record.Position{Kind: record.TrimHorizon}})
				if err != nil {
					t.Fatal(err)
				}
				report, err := l.Measure(t.Context())
				if tt.whole {
					if err == nil || err.Error() != tt.want {
						t.Errorf("got %v, want %s", err, tt.want)
					}
					return
				}
				if err != nil || len(report.Failed) != 1 || report.Failed[0].Stream != "bad" || report.Failed[0].Err.Error() != tt.want {
					t.Fatalf("got %v, %v, want %s", report.Failed, err, tt.want)
				}
				var seen []string
				for _, s := range report.Streams {
					if seen = append(seen, s.Stream); len(s.Shards) != 1 {
						t.Errorf("%s has %d shards", s.Stream, len(s.Shards))
					}
				}
				if !slices.Equal(seen, []string{"orders", "clicks"}) {
					t.Errorf("looked at %q", seen)
				}
			})
		})
	}
}

// A measurement of only that stream, and a run, still fail.
func TestFault14RunFailsIfOneOfItsStreamsFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := oneBad{Fake: kinesistest.NewFake(&kinesistest.Shard{ID: "a"}), bad: map[string]bool{"bad": true}, fail: func(context.Context, string) error { return kinesistest.APIError("AccessDeniedException") }}
		l, err := NewLagMeter(o, LagMeterOptions{Streams: []string{"bad"}, InitialPosition: record.Position{Kind: record.TrimHorizon}})
		if err != nil {
			t.Fatal(err)
		}
		var failed *reader.CallError
		if _, err := l.Measure(t.Context()); !errors.As(err, &failed) {
			t.Errorf("a measurement: %v", err)
		}
		options := testOptions()
		options.Streams, options.AvailableNow = []string{"orders", "bad"}, true
		r, err := reader.New(o, options)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Run(t.Context(), reader.HandlerOf(func(*reader.Batch) error { return nil })); !errors.As(err, &failed) {
			t.Errorf("a run: %v", err)
		}
	})
}
