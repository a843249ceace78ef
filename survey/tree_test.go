package survey

import (
	"fmt"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// listedShard is a shard as ListShards returns it.
func listedShard(id, parent, adjacent, from, to string, closed bool) types.Shard {
	s := types.Shard{
		ShardId:             aws.String(id),
		HashKeyRange:        &types.HashKeyRange{StartingHashKey: aws.String(from), EndingHashKey: aws.String(to)},
		SequenceNumberRange: &types.SequenceNumberRange{StartingSequenceNumber: aws.String("1")},
	}
	if parent != "" {
		s.ParentShardId = aws.String(parent)
	}
	if adjacent != "" {
		s.AdjacentParentShardId = aws.String(adjacent)
	}
	if closed {
		s.SequenceNumberRange.EndingSequenceNumber = aws.String("2")
	}
	return s
}

func TestTreeDrawsEveryShardOnceAndMergedShardsBelowBothParents(t *testing.T) {
	for _, c := range []struct {
		name   string
		shards []types.Shard
		want   []string
	}{
		{"none", nil, nil},
		{"a split and a merge, children first", []types.Shard{
			listedShard("4", "2", "1", "0", "9", false),
			listedShard("3", "0", "", "0", "1", false),
			listedShard("2", "0", "", "2", "4", true),
			listedShard("1", "", "", "5", "9", true),
			listedShard("0", "", "", "0", "4", true),
		}, []string{"0", "├ 2", "│ └ 4", "└ 3", "1", "└ 4 (below 2)"}},
		{"a parent that is no longer retained", []types.Shard{
			listedShard("7", "3", "", "0", "4", false),
			listedShard("8", "3", "5", "5", "9", false), // its other parent is
			listedShard("5", "", "", "7", "9", true),
		}, []string{"5", "└ 8", "7"}},
		{"generations", []types.Shard{
			listedShard("0", "", "", "0", "9", true), listedShard("1", "0", "", "0", "4", true), listedShard("2", "0", "", "5", "9", false),
			listedShard("3", "1", "", "0", "2", false), listedShard("4", "1", "", "3", "4", false),
		}, []string{"0", "├ 1", "│ ├ 3", "│ └ 4", "└ 2"}},
		{"shards that descend from each other", []types.Shard{
			listedShard("0", "1", "", "0", "4", false), listedShard("1", "0", "", "5", "9", false),
		}, []string{"0", "└ 1"}},
	} {
		shards, err := shardsOf(c.shards)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, b := range (&Stream{Shards: shards}).Tree() {
			line := b.Stem + b.Shard.ID
			if b.Elsewhere != "" {
				line += " (below " + b.Elsewhere + ")"
			}
			got = append(got, line)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestShardWithoutAHashKeyRangeIsAnError(t *testing.T) {
	if _, err := shardsOf([]types.Shard{{ShardId: aws.String("0")}}); err == nil {
		t.Error("no error")
	}
	if _, err := shardsOf([]types.Shard{listedShard("0", "", "", "0", "many", false)}); err == nil {
		t.Error("no error for a range that is no number")
	}
}

func TestFault01TreeDrawsEachShardOnce(t *testing.T) {
	// 1,000 splits and merges: 2^1000 ways from the first shard to the last.
	const pairs = 1000
	id := func(n int) string { return fmt.Sprintf("shardId-%012d", n) }
	shards := []types.Shard{listedShard(id(0), "", "", "0", "9", true)}
	for n := 0; n < 3*pairs; n += 3 {
		shards = append(shards, listedShard(id(n+1), id(n), "", "0", "4", true), listedShard(id(n+2), id(n), "", "5", "9", true), listedShard(id(n+3), id(n+1), id(n+2), "0", "9", true))
	}
	all, err := shardsOf(shards)
	if err != nil {
		t.Fatal(err)
	}
	drawn, crossed, longest := map[string]int{}, 0, 0
	for _, b := range (&Stream{Shards: all}).Tree() {
		longest = max(longest, utf8.RuneCountInString(b.Stem))
		if b.Elsewhere == "" {
			drawn[b.Shard.ID]++
		} else {
			crossed++
		}
	}
	for id, n := range drawn {
		if n != 1 {
			t.Fatalf("%s is drawn %d times", id, n)
		}
	}
	if len(drawn) != len(shards) || crossed != pairs {
		t.Errorf("%d shards are drawn, and %d below their other parents, want %d and %d", len(drawn), crossed, len(shards), pairs)
	}
	if longest != 2*maxStem {
		t.Errorf("the longest stem has %d columns, want %d", longest, 2*maxStem)
	}
}

func TestFault01TreeIsAsDeepAsTheLineage(t *testing.T) {
	const depth = 20_000
	id := func(n int) string { return fmt.Sprintf("shardId-%012d", n) }
	chain := []types.Shard{listedShard(id(0), "", "", "0", "9", true)}
	for n := 1; n < depth; n++ {
		chain = append(chain, listedShard(id(n), id(n-1), "", "0", "9", true))
	}
	shards, err := shardsOf(chain)
	if err != nil {
		t.Fatal(err)
	}
	if n := len((&Stream{Shards: shards}).Tree()); n != depth {
		t.Errorf("%d branches, want %d", n, depth)
	}
}
