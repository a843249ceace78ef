package reader

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/kinesistest"
	"kin/internal/kinesistest/families"
	"kin/internal/lineage"
	"kin/internal/local"
	"kin/internal/service"
)

func TestFault01LagsVisitEachShardOnce(t *testing.T) {
	// 1,000 pairs have 2^1000 paths from the last shard to the first.
	listed := families.Pairs(1000)
	r := runOf(&session{o: testOptions(), clock: startedAt, local: time.Now()})
	s := r.streams[0]
	s.lineage.Add(listed)
	s.lineage.Shards[families.ShardName(0)].At = lineage.AtTime(startedAt.Add(-time.Hour))
	s.changed(s.lineage.Sorted())
	statuses := newShardStatuses(r)
	lags, longest := statuses.list()
	if len(lags) != len(listed) || longest < time.Hour || longest > time.Hour+time.Minute {
		t.Errorf("%d lags, at most %s, want one of each of %d shards, all of them 1h", len(lags), longest, len(listed))
	}
	if statuses.lags.visits != len(listed) {
		t.Errorf("%d shards were visited, want each of %d once", statuses.lags.visits, len(listed))
	}
	if !slices.IsSortedFunc(lags, func(a, b Lag) int { return strings.Compare(a.ShardID, b.ShardID) }) {
		t.Error("the lags are not by shard ID")
	}
}

// The collector's lock is held for a portion at a time, even if the first shard by ID has thousands
// of ancestors without an answer.
func TestFault01LagsOfADeepLineageTakePortions(t *testing.T) {
	const depth = 20 * lagPortion
	r := runOf(&session{o: testOptions(), clock: startedAt, local: time.Now()})
	s := r.streams[0]
	var listed []types.Shard
	for n := range depth { // children have lower IDs than their parents
		shard := types.Shard{ShardId: aws.String(families.ShardName(n))}
		if n < depth-1 {
			shard.ParentShardId = aws.String(families.ShardName(n + 1))
		}
		listed = append(listed, shard)
	}
	s.lineage.Add(listed)
	s.lineage.Shards[families.ShardName(depth-1)].At = lineage.AtTime(startedAt.Add(-time.Hour))
	s.changed(s.lineage.Sorted())
	statuses := newShardStatuses(r)
	lags, _ := statuses.list()
	if len(lags) != depth || lags[0].ShardID != families.ShardName(0) || lags[0].MillisBehindLatest < time.Hour.Milliseconds() {
		t.Errorf("%d lags, from %+v, want one of each of %d shards, all of them 1h", len(lags), lags[:1], depth)
	}
	if statuses.lags.visits != depth {
		t.Errorf("%d shards were visited, want each of %d once", statuses.lags.visits, depth)
	}
	if statuses.lags.maxSteps > lagPortion {
		t.Errorf("%d steps under one lock, want at most %d", statuses.lags.maxSteps, lagPortion)
	}
}

func TestFault01MergesOnlyTheChangesOfAListing(t *testing.T) {
	s := newStream(&session{o: testOptions()}, "orders")
	before := listing{shards: families.Pairs(1000)}
	s.listed = closedShards(before)
	after := listing{shards: append(slices.Clone(before.shards[1:]), types.Shard{ShardId: aws.String(families.ShardName(9000))})}
	after.shards[7].SequenceNumberRange = &types.SequenceNumberRange{EndingSequenceNumber: aws.String("9")}
	listed := closedShards(after)
	s.lineage.Add(before.shards)
	var ids []string
	for _, c := range s.diff(after, listed) {
		ids = append(ids, *c.ShardId)
	}
	if want := []string{families.ShardName(8), families.ShardName(9000)}; !slices.Equal(ids, want) {
		t.Errorf("changed %.200q, want what closed and what is new: %q", ids, want)
	}
	if unlisted := s.disappeared(listed); !slices.Equal(unlisted, []string{families.ShardName(0)}) {
		t.Errorf("gone %q, want %q", unlisted, families.ShardName(0))
	}
	// merge updates only these shards: they alone get the first sequence number of the listing.
	for i := range after.shards {
		if after.shards[i].SequenceNumberRange == nil {
			after.shards[i].SequenceNumberRange = &types.SequenceNumberRange{}
		}
		after.shards[i].SequenceNumberRange.StartingSequenceNumber = aws.String("1")
	}
	s.placement.Owns = everyone
	if err := s.merge(after, true); err != nil {
		t.Fatal(err)
	}
	var merged []string
	for _, shard := range s.lineage.Sorted() {
		if shard.First == "1" {
			merged = append(merged, shard.ID)
		}
	}
	if want := []string{families.ShardName(8), families.ShardName(9000)}; !slices.Equal(merged, want) {
		t.Errorf("merged %d shards, %.200q, want %q", len(merged), merged, want)
	}
	if !maps.Equal(s.listed, listed) || !slices.Equal(slices.Concat(s.unlisted...), []string{families.ShardName(0)}) {
		t.Errorf("%d shards are listed and %q gone", len(s.listed), s.unlisted)
	}
}

func TestFault01ReadsManySplitsAndMerges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		const generations = 40
		var want []string
		for n := range generations {
			s.Put(3*n, fmt.Sprint(n))
			s.Split(3 * n)
			time.Sleep(time.Minute)
			s.MergeInto(3*n+1, 3*n+2)
			time.Sleep(time.Minute)
			want = append(want, fmt.Sprint(n))
		}
		o := testOptions()
		o.AvailableNow = true
		got, err := readFor(t, s, time.Hour, o)
		s.Must(err)
		ordered(t, got, want...)
	})
}

func wantLineageError(t *testing.T, err error, id string) {
	t.Helper()
	var wrong *LineageError
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

func TestFault01CycleFoundDuringTheRunEndsIt(t *testing.T) {
	child := func(id string, parents ...string) types.ChildShard {
		return types.ChildShard{ShardId: aws.String(id), ParentShards: parents}
	}
	for _, test := range []struct {
		name     string
		later    []*kinesistest.Shard // listed after a minute
		children []types.ChildShard   // children that the end of b names
		id       string
	}{
		{"a new shard that is its own parent", []*kinesistest.Shard{{ID: "c", Parent: "c"}}, nil, "c"},
		{"two new shards that are each other's parents", []*kinesistest.Shard{{ID: "c", Parent: "d"}, {ID: "d", Parent: "c"}}, nil, "c"},
		{"a parent that is listed late and descends from its child", []*kinesistest.Shard{{ID: "0", Parent: "b"}}, nil, "0"},
		{"an end whose child is the shard itself", nil, []types.ChildShard{child("b", "a")}, "b"},
		{"an end whose child is its own parent", nil, []types.ChildShard{child("c", "b", "c")}, "c"},
		{"an end whose child is the shard's parent", nil, []types.ChildShard{child("a", "b")}, "a"},
		{"an end whose children are each other's parents", nil, []types.ChildShard{child("c", "b", "d"), child("d", "c")}, "c"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := &kinesistest.Shard{ID: "a", Closed: true, Records: []int{1}, Children: []string{"b"}}, &kinesistest.Shard{ID: "b", Parent: "a", Records: []int{2}}
				b.Adjacent = "0" // which is not known yet
				f := kinesistest.NewFake(a, b)
				w := &kinesistest.Watched{StreamAPI: f, After: func(out any) {
					if page, ok := out.(*service.GetRecordsOutput); ok && test.children != nil && page.NextShardIterator == "" && page.ChildShards[0].ShardId != nil && *page.ChildShards[0].ShardId == "x" {
						page.ChildShards = test.children
					}
				}}
				if test.children != nil {
					b.Closed, b.Children = true, []string{"x"}
					f.Shards = append(f.Shards, &kinesistest.Shard{ID: "x", Parent: "b"})
				} else {
					time.AfterFunc(30*time.Second, func() { f.Change(func() { f.Shards = append(f.Shards, test.later...) }) })
				}
				_, err := readFor(t, w, time.Hour, testOptions())
				wantLineageError(t, err, test.id)
			})
		})
	}
}
