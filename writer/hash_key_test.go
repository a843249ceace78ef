package writer

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"kin/internal/service"
)

// pages is a service whose ListShards returns one shard per page.
type pages struct {
	shards []types.Shard
	fails  []error // errors of the first calls
	summary
	asked []*service.ListShardsInput
}

type summary struct {
	strategy types.RecordDistributionStrategy
	err      error
}

func (p *pages) ListShards(_ context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	p.asked = append(p.asked, in)
	if len(p.fails) > 0 {
		err := p.fails[0]
		p.fails = p.fails[1:]
		return nil, err
	}
	n := 0
	if in.NextToken != "" {
		n = int(in.NextToken[0])
	}
	out := &service.ListShardsOutput{Shards: p.shards[n : n+1]}
	if n+1 < len(p.shards) {
		out.NextToken = string([]byte{byte(n + 1)})
	}
	return out, nil
}

func (s summary) DescribeStreamSummary(context.Context, *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	if s.err != nil {
		return nil, s.err
	}
	return &service.DescribeStreamSummaryOutput{StreamDescriptionSummary: &types.StreamDescriptionSummary{RecordDistributionStrategy: s.strategy}}, nil
}

func shardOf(id, from string, closed bool) types.Shard {
	s := types.Shard{ShardId: &id, HashKeyRange: &types.HashKeyRange{StartingHashKey: &from}, SequenceNumberRange: &types.SequenceNumberRange{}}
	if closed {
		s.SequenceNumberRange.EndingSequenceNumber = &from
	}
	return s
}

func TestHashKeyOfFindsAShardOnALaterPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pages{
			shards: []types.Shard{shardOf("a", "0", true), shardOf("c", "100", false), shardOf("b", "0", false)},
			fails:  []error{&smithy.GenericAPIError{Code: "LimitExceededException"}, errors.New("reset")},
		}
		if got, err := HashKeyOf(t.Context(), p, "orders", "c", discard); err != nil || got != "100" {
			t.Errorf("got %q, %v, want 100", got, err)
		}
		for _, in := range p.asked[3:] {
			if in.StreamName != "" || in.StreamARN != "" {
				t.Error("a request for a later page names the stream")
			}
		}
		for shard, want := range map[string]*ShardError{
			"a": {Stream: "orders", Shard: "a", Closed: true, Open: []string{"b", "c"}},
			"d": {Stream: "orders", Shard: "d", Open: []string{"b", "c"}},
		} {
			_, err := HashKeyOf(t.Context(), p, "orders", shard, discard)
			var got *ShardError
			if !errors.As(err, &got) || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got %v, want %v", shard, err, want)
			}
		}
	})
}

func TestHashKeyOfGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pages{}
		for range 1000 {
			p.fails = append(p.fails, errors.New("reset"))
		}
		_, err := HashKeyOf(t.Context(), p, "orders", "a", discard)
		var gaveUp *GaveUpError
		if !errors.As(err, &gaveUp) || gaveUp.After < service.StartTimeout {
			t.Errorf("got %v, want to give up after %v", err, service.StartTimeout)
		}
	})
}

func TestIgnoresHashKeys(t *testing.T) {
	for _, tt := range []struct {
		summary
		want, fails bool
	}{
		{summary{strategy: types.RecordDistributionStrategyAuto}, true, false},
		{summary{}, false, false},
		{summary{err: &smithy.GenericAPIError{Code: "AccessDeniedException"}}, false, false},
		{summary{err: &smithy.GenericAPIError{Code: "UnknownOperationException"}}, false, false},
		{summary{err: &smithy.GenericAPIError{Code: "ResourceNotFoundException"}}, false, true},
	} {
		got, err := IgnoresHashKeys(t.Context(), &pages{summary: tt.summary}, "orders", discard)
		if got != tt.want || (err != nil) != tt.fails {
			t.Errorf("%+v: got %v, %v", tt.summary, got, err)
		}
	}
}
