package lineage

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/kinesistest/families"
	"kin/internal/record"
)

func TestFault01ReadyVisitsOnlyChangedShards(t *testing.T) {
	l := NewTree()
	listed := families.Pairs(1000)
	l.Add(listed)
	for range listed {
		for _, s := range l.Ready() {
			l.Settle(s, Ended)
			if n := len(l.candidates); n > 3 {
				t.Fatalf("%s ended and %d shards are looked at, want its children", s.ID, n)
			}
		}
	}
	for _, s := range l.Shards {
		if s.State != Ended {
			t.Fatalf("%s was never readable", s.ID)
		}
	}
}

func TestFault01WalksADeepLineage(t *testing.T) {
	// A chain that is deeper than a call stack could be.
	const depth = 200_000
	l := NewTree()
	chain := make([]types.Shard, depth)
	for n := range chain {
		chain[n].ShardId = aws.String(fmt.Sprintf("shardId-%012d", n))
		if n > 0 {
			chain[n].ParentShardId = chain[n-1].ShardId
		}
	}
	l.Add(chain)
	first, last := *chain[0].ShardId, *chain[depth-1].ShardId
	if n := len(l.Descendants([]string{first})); n != depth {
		t.Errorf("%d descendants, want %d", n, depth)
	}
	if n := len(l.Ancestors([]string{last})); n != depth-1 {
		t.Errorf("%d ancestors, want %d", n, depth-1)
	}
	if err := l.Check(); err != nil {
		t.Error(err)
	}
}

func TestFault03OutdatedListingDoesNotRestoreAPrunedShard(t *testing.T) {
	l := NewTree()
	l.Add(families.Of("c<b", "d<c"))
	p := Placement{record.Position{Kind: record.TrimHorizon}, startedAt, map[string]record.ShardPosition{"c": {Parents: []string{"b"}, Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: "1"}}}, everyone, nil}
	if _, err := p.First(l); err != nil {
		t.Fatal(err)
	}
	if found := l.Add(families.Of("a!", "b<a!", "c<b", "e<d")); len(found) != 1 || found[0].ID != "e" {
		t.Errorf("found %d shards, want only the one that is new", len(found))
	}
	if l.Shards["a"] != nil || l.Shards["b"] != nil {
		t.Error("what was pruned is known again")
	}
}

// BenchmarkGaps measures Gaps for a checkpoint of many ended shards.
func BenchmarkGaps(b *testing.B) {
	for _, n := range []int{300, 3000} {
		b.Run(fmt.Sprintf("%d pairs", n), func(b *testing.B) {
			l := NewTree()
			l.Add(families.Pairs(n))
			saved := map[string]record.ShardPosition{}
			for id, s := range l.Shards {
				saved[id] = record.ShardPosition{Parents: s.Parents, Position: record.Position{Kind: record.ShardEnd}, ReadThrough: record.Time{Time: startedAt}}
			}
			p := Placement{record.Position{Kind: record.TrimHorizon}, startedAt, saved, everyone, nil}
			b.ReportAllocs()
			for b.Loop() {
				if found := p.Gaps(l, startedAt.Add(48*time.Hour), 24*time.Hour); len(found) != 1 {
					b.Fatal(len(found))
				}
			}
		})
	}
}

func TestFault03GapsVisitsEachShardOnce(t *testing.T) {
	// A chain of splits and merges. Only the last shard is not read.
	const n = 1000
	l := NewTree()
	all := families.Pairs(n)
	l.Add(all)
	saved := map[string]record.ShardPosition{}
	for id, shard := range l.Shards {
		saved[id] = record.ShardPosition{Parents: shard.Parents, Position: record.Position{Kind: record.ShardEnd}, ReadThrough: record.Time{Time: startedAt}}
		shard.State = Ended
	}
	last := families.ShardName(3 * n)
	p := Placement{record.Position{Kind: record.TrimHorizon}, startedAt, saved, everyone, nil}
	if found := p.Gaps(l, startedAt.Add(48*time.Hour), 24*time.Hour); len(found) != 1 || found[0].Shard != last {
		t.Errorf("%d gaps, want one of %s", len(found), last)
	}
	if most := 2 * len(all); l.visits > most { // once for their parents, and once for their times
		t.Errorf("%d positions were looked at, want at most %d", l.visits, most)
	}
}
