package reader

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/kinesistest"
	"kin/internal/kinesistest/families"
	"kin/internal/service"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// slowPages is a stream of which each page of shards takes a while; the last page that is
// there hangs, if it is to.
type slowPages struct {
	*kinesistest.Fake
	pages int
	takes time.Duration
	hangs bool
}

func (s slowPages) ListShards(ctx context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	page := 0
	_, _ = fmt.Sscan(in.NextToken, &page)
	takes := s.takes
	if s.hangs && page == s.pages-1 {
		takes = time.Hour
	}
	if err := sleepUntil(ctx, time.Now().Add(takes)); err != nil {
		return nil, err
	}
	out := &service.ListShardsOutput{Shards: []types.Shard{{
		ShardId:             aws.String(families.ShardName(page)),
		HashKeyRange:        &types.HashKeyRange{StartingHashKey: aws.String("0"), EndingHashKey: aws.String("1")},
		SequenceNumberRange: &types.SequenceNumberRange{StartingSequenceNumber: aws.String("1")},
	}}}
	if page+1 < s.pages {
		out.NextToken = fmt.Sprint(page + 1)
	}
	return out, nil
}

// The time of a list counts from the last page that brought something new: a slow one is
// read to its end, without a word that nothing answers, and one that hangs ends.
func TestFault14ReadsASlowListingToItsEnd(t *testing.T) {
	for _, hangs := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var said kinesistest.Lines
			f := kinesistest.NewFake() // which sets the time
			began := time.Now()
			listed, err := ListShards(t.Context(), NewAsker(slowPages{f, 20, 3 * time.Second, hangs}, said.Add, nil), "orders", nil)
			switch took := time.Since(began); {
			case !hangs && (err != nil || len(listed.Shards) != 20 || said.Text() != ""):
				t.Errorf("%d shards, %v, said %q", len(listed.Shards), err, said.Text())
			case hangs && (err == nil || took != 19*3*time.Second+startTimeout || !strings.Contains(said.Text(), "ListShards for stream orders: no answer from the service for 5s")):
				t.Errorf("after %s %v, said %q", took, err, said.Text())
			}
		})
	}
}
