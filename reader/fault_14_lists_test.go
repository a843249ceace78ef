package reader

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/kinesistest"
	"kin/internal/kinesistest/families"
	"kin/internal/service"
)

// slowPages is a stream whose pages of shards take a while. With hangs, the last page gets no
// answer.
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

// The time of a listing counts from the last page with new shards. A slow listing is read to its
// end without a message, and one that hangs ends.
func TestFault14ReadsASlowListingToItsEnd(t *testing.T) {
	for _, hangs := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var messages kinesistest.Lines
			f := kinesistest.NewFake() // sets the time
			began := time.Now()
			listed, err := ListShards(t.Context(), NewAsker(slowPages{f, 20, 3 * time.Second, hangs}, messages.Add, nil), "orders", nil)
			switch took := time.Since(began); {
			case !hangs && (err != nil || len(listed.Shards) != 20 || messages.Text() != ""):
				t.Errorf("%d shards, %v, messages %q", len(listed.Shards), err, messages.Text())
			case hangs && (err == nil || took != 19*3*time.Second+startTimeout || !strings.Contains(messages.Text(), "ListShards for stream orders: no answer from the service for 5s")):
				t.Errorf("after %s %v, messages %q", took, err, messages.Text())
			}
		})
	}
}
