package local

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func (s *subject) split(t *testing.T, sh types.Shard) {
	t.Helper()
	middle := new(big.Int).Add(number(t, sh.HashKeyRange.StartingHashKey), number(t, sh.HashKeyRange.EndingHashKey))
	middle.Rsh(middle, 1)
	if _, err := s.SplitShard(s.ctx, &kinesis.SplitShardInput{StreamName: &s.name, ShardToSplit: sh.ShardId,
		NewStartingHashKey: aws.String(middle.String())}); err != nil {
		t.Fatal(err)
	}
	s.settle(t)
}

func (s *subject) merge(t *testing.T, first, second string) {
	t.Helper()
	if _, err := s.MergeShards(s.ctx, &kinesis.MergeShardsInput{StreamName: &s.name, ShardToMerge: &first, AdjacentShardToMerge: &second}); err != nil {
		t.Fatal(err)
	}
	s.settle(t)
}

// covers fails the test unless the shards cover every hash key exactly once.
func covers(t *testing.T, shards []types.Shard) {
	t.Helper()
	slices.SortFunc(shards, func(a, b types.Shard) int {
		return number(t, a.HashKeyRange.StartingHashKey).Cmp(number(t, b.HashKeyRange.StartingHashKey))
	})
	next := big.NewInt(0)
	for _, sh := range shards {
		if number(t, sh.HashKeyRange.StartingHashKey).Cmp(next) != 0 {
			t.Errorf("%s starts at %s, want %s", *sh.ShardId, *sh.HashKeyRange.StartingHashKey, next)
		}
		next = next.Add(number(t, sh.HashKeyRange.EndingHashKey), big.NewInt(1))
	}
	if want := new(big.Int).Lsh(big.NewInt(1), 128); next.Cmp(want) != 0 {
		t.Errorf("the shards end before %s, want %s", next, want)
	}
}

func splitLineage(t *testing.T, s *subject) {
	s.create(t, 1)
	parent := s.shards(t, nil)[0]
	before := s.put(t, "before", "k")
	s.split(t, parent)
	all := s.shards(t, nil)
	if got := ids(all); !slices.Equal(got, []string{"", "1", "2"}) {
		t.Fatalf("got shards %q", got)
	}
	if all[0].SequenceNumberRange.EndingSequenceNumber == nil || all[1].SequenceNumberRange.EndingSequenceNumber != nil {
		t.Error("want an ending sequence number for the parent only")
	}
	covers(t, all[1:])
	for _, c := range all[1:] {
		if aws.ToString(c.ParentShardId) != *parent.ShardId || c.AdjacentParentShardId != nil {
			t.Errorf("%s has parents %v and %v", *c.ShardId, c.ParentShardId, c.AdjacentParentShardId)
		}
	}
	after := s.put(t, "after", "k")
	if *after.ShardId == *parent.ShardId {
		t.Error("a closed shard accepted a record")
	}
	end := number(t, all[0].SequenceNumberRange.EndingSequenceNumber)
	if number(t, after.SequenceNumber).Cmp(number(t, before.SequenceNumber)) <= 0 || number(t, before.SequenceNumber).Cmp(end) >= 0 {
		t.Errorf("sequence numbers do not increase along the lineage: %s, end %s, %s", *before.SequenceNumber, end, *after.SequenceNumber)
	}
	_, err := s.SplitShard(s.ctx, &kinesis.SplitShardInput{StreamName: &s.name, ShardToSplit: parent.ShardId, NewStartingHashKey: aws.String("1000")})
	wantCode(t, err, "InvalidArgumentException")
	_, err = s.SplitShard(s.ctx, &kinesis.SplitShardInput{StreamName: &s.name, ShardToSplit: all[1].ShardId, NewStartingHashKey: aws.String("1")})
	wantCode(t, err, "InvalidArgumentException")
}

func mergeLineage(t *testing.T, s *subject) {
	s.create(t, 3)
	first, second, third := "shardId-000000000000", "shardId-000000000001", "shardId-000000000002"
	_, err := s.MergeShards(s.ctx, &kinesis.MergeShardsInput{StreamName: &s.name, ShardToMerge: &first, AdjacentShardToMerge: &third})
	wantCode(t, err, "InvalidArgumentException")
	s.merge(t, first, second)
	all := s.shards(t, nil)
	c := all[3]
	if *c.ParentShardId != first || aws.ToString(c.AdjacentParentShardId) != second {
		t.Errorf("the child's parents are %v and %v", *c.ParentShardId, aws.ToString(c.AdjacentParentShardId))
	}
	covers(t, all[2:])
}

func shardEnd(t *testing.T, s *subject) {
	s.create(t, 2)
	for i := range 10 {
		s.put(t, fmt.Sprint(i), fmt.Sprint(i))
	}
	first := s.shards(t, nil)[0]
	s.split(t, first)
	data, last := s.readShard(t, *first.ShardId)
	if last.NextShardIterator != nil {
		t.Fatal("a closed shard never ends")
	}
	if len(data) == 0 {
		t.Error("the records of the closed shard are missing")
	}
	var got []string
	for _, c := range last.ChildShards {
		got = append(got, *c.ShardId)
		if !slices.Equal(c.ParentShards, []string{*first.ShardId}) || c.HashKeyRange == nil || *c.HashKeyRange.EndingHashKey == "" {
			t.Errorf("child shard %+v", c)
		}
	}
	if !slices.Equal(got, []string{"shardId-000000000002", "shardId-000000000003"}) {
		t.Errorf("got child shards %q", got)
	}
	latest := s.iterator(t, kinesis.GetShardIteratorInput{ShardId: first.ShardId, ShardIteratorType: types.ShardIteratorTypeLatest})
	if out := s.get(t, latest); out.NextShardIterator != nil || len(out.Records) != 0 {
		t.Error("LATEST of a closed shard is not its end")
	}

	s.merge(t, "shardId-000000000003", "shardId-000000000001")
	_, last = s.readShard(t, "shardId-000000000001")
	if len(last.ChildShards) != 1 || !slices.Equal(last.ChildShards[0].ParentShards, []string{"shardId-000000000003", "shardId-000000000001"}) {
		t.Errorf("child shards of a merge: %+v", last.ChildShards)
	}
}

func shardsInPages(t *testing.T, s *subject) {
	s.create(t, 7)
	var got []string
	in := &kinesis.ListShardsInput{StreamName: &s.name, MaxResults: aws.Int32(3), ExclusiveStartShardId: aws.String("shardId-000000000000")}
	for pages := 0; ; pages++ {
		out := must(s.ListShards(s.ctx, in))(t)
		got = append(got, ids(out.Shards)...)
		if out.NextToken == nil {
			if pages != 1 {
				t.Errorf("%d more pages, want 1", pages)
			}
			break
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken, MaxResults: aws.Int32(3)}
	}
	if want := []string{"1", "2", "3", "4", "5", "6"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func shardFilterCases(t *testing.T, s *subject) {
	s.create(t, 2)
	created := must(s.DescribeStreamSummary(s.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &s.name}))(t).StreamDescriptionSummary.StreamCreationTimestamp
	all := s.shards(t, nil)
	s.put(t, "x", "k")
	s.split(t, all[0])
	now := time.Now()
	for _, c := range []struct {
		name   string
		filter types.ShardFilter
		want   string
	}{
		{"FROM_TRIM_HORIZON", types.ShardFilter{Type: types.ShardFilterTypeFromTrimHorizon}, " 1 2 3"},
		{"AT_TRIM_HORIZON", types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon}, " 1"},
		{"AT_LATEST", types.ShardFilter{Type: types.ShardFilterTypeAtLatest}, "1 2 3"},
		{"AFTER_SHARD_ID", types.ShardFilter{Type: types.ShardFilterTypeAfterShardId, ShardId: aws.String("shardId-000000000001")}, "2 3"},
		{"FROM_TIMESTAMP of creation", types.ShardFilter{Type: types.ShardFilterTypeFromTimestamp, Timestamp: created}, " 1 2 3"},
		{"AT_TIMESTAMP long ago", types.ShardFilter{Type: types.ShardFilterTypeAtTimestamp, Timestamp: aws.Time(created.Add(-time.Hour))}, " 1"},
	} {
		out, err := s.ListShards(s.ctx, &kinesis.ListShardsInput{StreamName: &s.name, ShardFilter: &c.filter})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if got := strings.Join(ids(out.Shards), " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	for _, f := range []types.ShardFilter{
		{Type: types.ShardFilterTypeAfterShardId},
		{Type: types.ShardFilterTypeAtTimestamp},
		{Type: types.ShardFilterTypeAtLatest, Timestamp: &now},
		{Type: types.ShardFilterTypeAtLatest, ShardId: aws.String("shardId-000000000001")},
	} {
		_, err := s.ListShards(s.ctx, &kinesis.ListShardsInput{StreamName: &s.name, ShardFilter: &f})
		wantCode(t, err, "InvalidArgumentException")
	}
}

func nextTokenAlone(t *testing.T, s *subject) {
	s.create(t, 3)
	token := must(s.ListShards(s.ctx, &kinesis.ListShardsInput{StreamName: &s.name, MaxResults: aws.Int32(1)}))(t).NextToken
	if token == nil {
		t.Fatal("no NextToken")
	}
	for _, in := range []*kinesis.ListShardsInput{
		{NextToken: token, StreamName: &s.name},
		{NextToken: token, StreamARN: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/" + s.name)},
		{NextToken: token, ExclusiveStartShardId: aws.String("shardId-000000000000")},
		{NextToken: token, StreamCreationTimestamp: aws.Time(time.Now())},
		{NextToken: token, ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}},
		{NextToken: aws.String("garbage")},
		{},
	} {
		_, err := s.ListShards(s.ctx, in)
		wantCode(t, err, "InvalidArgumentException")
	}
	if out := must(s.ListShards(s.ctx, &kinesis.ListShardsInput{NextToken: token}))(t); len(out.Shards) != 2 {
		t.Errorf("the second page has %d shards, want 2", len(out.Shards))
	}
}

func shardCount(t *testing.T, s *subject) {
	s.create(t, 4)
	for _, target := range []int32{8, 5, 3, 4, 4, 2, 3} {
		before := s.shards(t, &types.ShardFilter{Type: types.ShardFilterTypeAtLatest})
		out := must(s.UpdateShardCount(s.ctx, &kinesis.UpdateShardCountInput{StreamName: &s.name, TargetShardCount: &target,
			ScalingType: types.ScalingTypeUniformScaling}))(t)
		if int(*out.CurrentShardCount) != len(before) || *out.TargetShardCount != target {
			t.Errorf("from %d to %d: answered %d and %d", len(before), target, *out.CurrentShardCount, *out.TargetShardCount)
		}
		s.settle(t)
		open := s.shards(t, &types.ShardFilter{Type: types.ShardFilterTypeAtLatest})
		if len(open) != int(target) {
			t.Fatalf("%d open shards, want %d", len(open), target)
		}
		covers(t, open)
	}
	checkLineage(t, s.shards(t, nil))
	_, err := s.UpdateShardCount(s.ctx, &kinesis.UpdateShardCountInput{StreamName: &s.name, TargetShardCount: aws.Int32(7),
		ScalingType: types.ScalingTypeUniformScaling})
	wantCode(t, err, "LimitExceededException")
}

// checkLineage fails the test unless every child's range is within those of its parents and its
// sequence numbers begin after theirs.
func checkLineage(t *testing.T, all []types.Shard) {
	t.Helper()
	byID := map[string]types.Shard{}
	for _, sh := range all {
		byID[*sh.ShardId] = sh
	}
	for _, c := range all {
		var low, high *big.Int
		for _, id := range []*string{c.ParentShardId, c.AdjacentParentShardId} {
			if id == nil {
				continue
			}
			p, known := byID[*id]
			if !known || p.SequenceNumberRange.EndingSequenceNumber == nil {
				t.Errorf("%s has the parent %s, which is unknown or open", *c.ShardId, *id)
				continue
			}
			if number(t, c.SequenceNumberRange.StartingSequenceNumber).Cmp(number(t, p.SequenceNumberRange.EndingSequenceNumber)) <= 0 {
				t.Errorf("%s begins before its parent %s ends", *c.ShardId, *id)
			}
			if start := number(t, p.HashKeyRange.StartingHashKey); low == nil || start.Cmp(low) < 0 {
				low = start
			}
			if end := number(t, p.HashKeyRange.EndingHashKey); high == nil || end.Cmp(high) > 0 {
				high = end
			}
		}
		if low != nil && (number(t, c.HashKeyRange.StartingHashKey).Cmp(low) < 0 || number(t, c.HashKeyRange.EndingHashKey).Cmp(high) > 0) {
			t.Errorf("%s is not within its parents", *c.ShardId)
		}
	}
}
