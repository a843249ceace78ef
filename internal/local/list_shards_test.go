package local

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func TestShardFiltersOverTime(t *testing.T) {
	r, s := with(t, 2, Options{})
	born := r.Now()
	r.Advance(time.Hour)
	s.split(t, s.shards(t, nil)[0])
	r.Advance(time.Hour)
	s.merge(t, "shardId-000000000002", "shardId-000000000003")
	r.Advance(time.Hour)
	for _, c := range []struct {
		after time.Duration
		kind  types.ShardFilterType
		want  string
	}{
		{30 * time.Minute, types.ShardFilterTypeAtTimestamp, " 1"},
		{90 * time.Minute, types.ShardFilterTypeAtTimestamp, "1 2 3"},
		{150 * time.Minute, types.ShardFilterTypeAtTimestamp, "1 4"},
		{-time.Hour, types.ShardFilterTypeAtTimestamp, " 1"},
		{30 * time.Minute, types.ShardFilterTypeFromTimestamp, " 1 2 3 4"},
		{90 * time.Minute, types.ShardFilterTypeFromTimestamp, "1 2 3 4"},
		{150 * time.Minute, types.ShardFilterTypeFromTimestamp, "1 4"},
	} {
		got := ids(s.shards(t, &types.ShardFilter{Type: c.kind, Timestamp: aws.Time(born.Add(c.after))}))
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s %v: got %q, want %q", c.kind, c.after, got, c.want)
		}
	}
	_, err := s.ListShards(s.ctx, &kinesis.ListShardsInput{StreamName: &s.name,
		ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtTimestamp, Timestamp: aws.Time(r.Now().Add(time.Hour))}})
	wantCode(t, err, "InvalidArgumentException")

	// 23.5 hours later the trim horizon is between the split and the merge.
	r.Advance(day - 90*time.Minute)
	if got := ids(s.shards(t, &types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon})); strings.Join(got, " ") != "1 2 3" {
		t.Errorf("at the trim horizon there are shards %q", got)
	}
}

func TestTheNextTokenKeepsTheFilter(t *testing.T) {
	_, s := with(t, 4, Options{})
	s.split(t, s.shards(t, nil)[0])
	in := &kinesis.ListShardsInput{StreamName: &s.name, MaxResults: aws.Int32(2), ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}}
	var got []string
	for in != nil {
		out := must(s.ListShards(s.ctx, in))(t)
		got = append(got, ids(out.Shards)...)
		in = nil
		if out.NextToken != nil {
			in = &kinesis.ListShardsInput{NextToken: out.NextToken, MaxResults: aws.Int32(2)}
		}
	}
	if strings.Join(got, " ") != "1 2 3 4 5" {
		t.Errorf("got %q", got)
	}
}

func TestAPageHasAtMostAThousandShards(t *testing.T) {
	_, s := with(t, 2500, Options{})
	out := must(s.ListShards(s.ctx, &kinesis.ListShardsInput{StreamName: &s.name, MaxResults: aws.Int32(10000)}))(t)
	if len(out.Shards) != 1000 || out.NextToken == nil {
		t.Errorf("%d shards, token %v", len(out.Shards), out.NextToken != nil)
	}
}
