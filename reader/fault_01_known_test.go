package reader

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/record"
	"kin/internal/service"
)

// endsInto replaces the children that the ends of shards name, by the ID of the fake's placeholder.
func endsInto(children map[string]types.ChildShard) func(out any) {
	return func(out any) {
		page, ok := out.(*service.GetRecordsOutput)
		if !ok {
			return
		}
		for i, c := range page.ChildShards {
			if other, there := children[aws.ToString(c.ShardId)]; there {
				page.ChildShards[i] = other
			}
		}
	}
}

func childOf(id string, parents ...string) types.ChildShard {
	return types.ChildShard{ShardId: aws.String(id), ParentShards: parents}
}

// Answers that make shards each other's ancestors end the run, even if all shards are known and
// were listed without such parents.
func TestFault01CycleOfKnownShardsEndsTheRun(t *testing.T) {
	for _, test := range []struct {
		name   string
		shards []*kinesistest.Shard
		ends   map[string]types.ChildShard
		later  func(f *kinesistest.Fake) // a minute after the start
		saved  map[string]checkpoint.Shard
		id     string
		isFile bool // the checkpoint is part of the cycle
	}{
		{name: "two ends that name each other's shards", id: "a",
			shards: []*kinesistest.Shard{{ID: "a", Closed: true, Children: []string{"x"}}, {ID: "b", Closed: true, Children: []string{"y"}}, {ID: "c"}},
			ends:   map[string]types.ChildShard{"x": childOf("b", "a"), "y": childOf("a", "b")}},
		{name: "three ends in a cycle", id: "a",
			shards: []*kinesistest.Shard{{ID: "a", Closed: true, Children: []string{"x"}}, {ID: "b", Closed: true, Children: []string{"y"}}, {ID: "c", Closed: true, Children: []string{"z"}}, {ID: "d"}},
			ends:   map[string]types.ChildShard{"x": childOf("b", "a"), "y": childOf("c", "b"), "z": childOf("a", "c")}},
		{name: "a listing that makes known shards each other's parents", id: "a",
			shards: []*kinesistest.Shard{{ID: "a"}, {ID: "b"}},
			later:  func(f *kinesistest.Fake) { f.Find("a").Parent, f.Find("b").Parent = "b", "a" }},
		{name: "a listing that turns a parent into a child", id: "a",
			shards: []*kinesistest.Shard{{ID: "a"}, {ID: "b", Parent: "a"}},
			later:  func(f *kinesistest.Fake) { f.Find("a").Parent, f.Find("b").Parent = "b", "" }},
		{name: "an end and a listing together", id: "a",
			shards: []*kinesistest.Shard{{ID: "a", Closed: true, Children: []string{"x"}}, {ID: "b"}},
			ends:   map[string]types.ChildShard{"x": childOf("b", "a")},
			later:  func(f *kinesistest.Fake) { f.Find("a").Parent = "b" }},
		{name: "a listing and a checkpoint together", id: "a", isFile: true,
			shards: []*kinesistest.Shard{{ID: "a"}, {ID: "b"}},
			saved:  map[string]checkpoint.Shard{"a": {Position: record.Position{Kind: record.TrimHorizon}}, "b": {Parents: []string{"a"}, Position: record.Position{Kind: record.TrimHorizon}}},
			later:  func(f *kinesistest.Fake) { f.Find("a").Parent = "b" }},
		{name: "an end and a checkpoint together", id: "a", isFile: true,
			shards: []*kinesistest.Shard{{ID: "a", Closed: true}, {ID: "b", Closed: true, Children: []string{"x"}}, {ID: "c"}},
			saved:  map[string]checkpoint.Shard{"a": {Position: record.Position{Kind: record.TrimHorizon}}, "b": {Parents: []string{"a"}, Position: record.Position{Kind: record.TrimHorizon}}},
			ends:   map[string]types.ChildShard{"x": childOf("a", "b")}},
		{name: "an end and the parents of a saved shard that is not listed", id: "a", isFile: true,
			shards: []*kinesistest.Shard{{ID: "a", Closed: true, Children: []string{"x"}}, {ID: "c"}},
			saved:  map[string]checkpoint.Shard{"0": {Parents: []string{"b"}, Position: record.Position{Kind: record.ShardEnd}}, "a": {Parents: []string{"0"}, Position: record.Position{Kind: record.TrimHorizon}}},
			ends:   map[string]types.ChildShard{"x": childOf("b", "a")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(test.shards...)
				o := testOptions()
				if test.saved != nil {
					m := kinesistest.NewMemory()
					m.File.Streams = []checkpoint.Stream{{Name: "orders", InitialPosition: "trim_horizon", Shards: test.saved}}
					o.Positions = m
				}
				if test.later != nil {
					time.AfterFunc(30*time.Second, func() { f.Change(func() { test.later(f) }) })
				}
				_, err := readFor(t, &kinesistest.Watched{StreamAPI: f, After: endsInto(test.ends)}, time.Hour, o)
				var wrong *LineageError
				var unusable *CheckpointError
				switch {
				case test.isFile:
					if !errors.As(err, &unusable) || errors.As(err, &wrong) {
						t.Errorf("got %v, want that the checkpoint makes %s its own ancestor", err, test.id)
					}
				case !errors.As(err, &wrong) || errors.As(err, &unusable) || wrong.Shard != test.id:
					t.Errorf("got %v, want that %s is its own ancestor", err, test.id)
				}
			})
		})
	}
}

// Other parents without a cycle change nothing.
func TestFault01OtherParentsWithoutACycleChangeNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Closed: true, Records: []int{1}, Children: []string{"x"}}, &kinesistest.Shard{ID: "b", Records: []int{2}}, &kinesistest.Shard{ID: "c", Records: []int{3}})
		time.AfterFunc(30*time.Second, func() { f.Change(func() { f.Find("c").Parent, f.Find("b").Parent = "a", "c" }) })
		_, err := readFor(t, &kinesistest.Watched{StreamAPI: f, After: endsInto(map[string]types.ChildShard{"x": childOf("b", "a")})}, time.Hour, testOptions())
		if !errors.Is(err, context.DeadlineExceeded) && err != nil {
			t.Errorf("got %v, want the run to continue", err)
		}
	})
}
