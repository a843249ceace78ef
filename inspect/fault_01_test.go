package inspect

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/record"
	"kin/reader"
)

// cyclic are lineages in which a shard is its own ancestor.
var cyclic = map[string]struct {
	shards []*kinesistest.Shard
	id     string
}{
	"its own parent":                    {[]*kinesistest.Shard{{ID: "a"}, {ID: "b", Parent: "b"}}, "b"},
	"its own other parent":              {[]*kinesistest.Shard{{ID: "a"}, {ID: "b", Parent: "a", Adjacent: "b"}}, "b"},
	"two that are each other's parents": {[]*kinesistest.Shard{{ID: "a", Parent: "b"}, {ID: "b", Parent: "a"}}, "a"},
	"three in a cycle":                  {[]*kinesistest.Shard{{ID: "a", Parent: "c"}, {ID: "b", Parent: "a"}, {ID: "c", Parent: "b"}, {ID: "d"}}, "a"},
}

func wantLineageError(t *testing.T, err error, id string) {
	t.Helper()
	var wrong *reader.LineageError
	if !errors.As(err, &wrong) || wrong.Shard != id {
		t.Errorf("got %v, want that %s is its own ancestor", err, id)
		return
	}
	want := "ListShards for stream orders: shard " + id + " is its own ancestor"
	if wrong.Ended != "" {
		want = "the end of orders/" + wrong.Ended + " names children that make shard " + id + " its own ancestor"
	}
	if err.Error() != want {
		t.Errorf("got %v, want that %s is its own ancestor", err, id)
	}
}

// runFor runs a reader for d and returns what it wrote and its messages.
func runFor(t *testing.T, f *kinesistest.Fake, d time.Duration, o reader.Options) (written string, messages []string, err error) {
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

func TestFault01CyclicListingFailsEveryUse(t *testing.T) {
	for name, c := range cyclic {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				kinesistest.ToTheTimeOfTheService()
				start := time.Now()
				_, _, err := runFor(t, kinesistest.NewFake(c.shards...), time.Hour, testOptions())
				wantLineageError(t, err, c.id)
				l, err := NewLagMeter(kinesistest.NewFake(c.shards...), LagMeterOptions{Streams: []string{"orders"}, InitialPosition: record.Position{Kind: record.TrimHorizon}})
				if err != nil {
					t.Fatal(err)
				}
				_, err = l.Measure(t.Context())
				wantLineageError(t, err, c.id)
				_, err = l.Restart(t.Context(), checkpoint.File{Version: 1, ID: "id"}, nil)
				wantLineageError(t, err, c.id)
				l.o.Positions = kinesistest.NewMemory()
				_, err = l.Verify(t.Context())
				wantLineageError(t, err, c.id)
				_, err = reader.ListShards(t.Context(), reader.NewAsker(kinesistest.NewFake(c.shards...), nil, nil), "orders", nil)
				wantLineageError(t, err, c.id)
				if time.Since(start) > 0 {
					t.Error("an answer that is wrong for good was asked for again")
				}
			})
		})
	}
}

func TestFault01CyclicCheckpointIsUnusable(t *testing.T) {
	at := func(parents ...string) checkpoint.Shard {
		return checkpoint.Shard{Parents: parents, Position: record.Position{Kind: record.ShardEnd}}
	}
	for _, test := range []struct {
		name  string
		saved map[string]checkpoint.Shard
		id    string
	}{
		{"alone", map[string]checkpoint.Shard{"a": at("0"), "0": at("a")}, "0"},
		{"together with the listing", map[string]checkpoint.Shard{"0": at("b"), "a": at()}, "0"},
		{"other parents for a listed shard", map[string]checkpoint.Shard{"a": at("b")}, "a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := kinesistest.NewMemory()
				m.File.Streams = []checkpoint.Stream{{Name: "orders", InitialPosition: "trim_horizon", Shards: test.saved}}
				o := testOptions()
				o.Positions = m
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Parent: "0", Closed: true}, &kinesistest.Shard{ID: "b", Parent: "a"})
				for use, do := range map[string]func() error{
					"a run": func() error { _, _, err := runFor(t, f, time.Minute, o); return err },
					"a measurement": func() error {
						l, err := NewLagMeter(f, LagMeterOptions{Streams: []string{"orders"}, Positions: m})
						if err == nil {
							_, err = l.Measure(context.WithoutCancel(t.Context()))
						}
						return err
					},
					"verify": func() error {
						l, err := NewLagMeter(f, LagMeterOptions{Streams: []string{"orders"}, Positions: m})
						if err == nil {
							_, err = l.Verify(context.WithoutCancel(t.Context()))
						}
						return err
					},
				} {
					err := do()
					var unusable *reader.CheckpointError
					if !errors.As(err, &unusable) || err.Error() != "the checkpoint cannot be used: it contradicts ListShards: shard "+test.id+" of stream orders would be its own ancestor" {
						t.Errorf("%s: got %v, want that %s is its own ancestor", use, err, test.id)
					}
				}
			})
		})
	}
}
