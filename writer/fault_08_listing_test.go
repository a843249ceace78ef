package writer

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
)

// garbledService answers with what no stream has.
type garbledService struct {
	*memoryStream
	shards  *service.ListShardsOutput            // nil: as memoryStream does
	summary *service.DescribeStreamSummaryOutput // nil: as memoryStream does
	calls   int
}

func (g *garbledService) ListShards(ctx context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	if g.calls++; g.shards != nil {
		return g.shards, nil
	}
	return g.memoryStream.ListShards(ctx, in)
}

func (g *garbledService) DescribeStreamSummary(ctx context.Context, in *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	if g.summary != nil {
		return g.summary, nil
	}
	return g.memoryStream.DescribeStreamSummary(ctx, in)
}

func TestFault08AListingWithoutShardsIsNotBelieved(t *testing.T) {
	bad := types.Shard{ShardId: aws.String("a shard"), SequenceNumberRange: &types.SequenceNumberRange{StartingSequenceNumber: aws.String("1")}}
	number := types.Shard{ShardId: aws.String("shardId-0"), SequenceNumberRange: &types.SequenceNumberRange{StartingSequenceNumber: aws.String("x")}}
	for name, tt := range map[string]struct {
		shards []types.Shard
		want   string
	}{
		"null":             {nil, "the answer has no shards"},
		"empty":            {[]types.Shard{}, "the answer has no shards"},
		"no ID":            {[]types.Shard{{}}, `the answer cannot be right: "" is not the ID of a shard`},
		"an odd ID":        {[]types.Shard{bad}, `the answer cannot be right: "a shard" is not the ID of a shard`},
		"a sequence of it": {[]types.Shard{number}, `the answer cannot be right: sequence number "x" of shard shardId-0 is not a number`},
	} {
		for what, call := range map[string]func(context.Context, *garbledService) error{
			"start of a run": func(ctx context.Context, g *garbledService) error {
				w, err := New(g, options())
				if err == nil {
					_, err = w.Run(ctx, numbered(3))
				}
				return err
			},
			"place of a shard": func(ctx context.Context, g *garbledService) error {
				_, err := HashKeyOf(ctx, g, "orders", "shardId-0", mute)
				return err
			},
		} {
			t.Run(name+", "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					g := &garbledService{memoryStream: &memoryStream{shards: fourShards()}, shards: &service.ListShardsOutput{Shards: tt.shards}}
					err := call(t.Context(), g)
					var gaveUp *GaveUpError
					if !errors.As(err, &gaveUp) || !strings.HasSuffix(err.Error(), "ListShards for stream orders: "+tt.want) || g.calls < 2 {
						t.Errorf("got %v after %d calls", err, g.calls)
					}
				})
			})
		}
	}
}

// An answer without a summary is no refusal: it says nothing of the stream.
func TestFault08AnAnswerWithoutASummaryIsNoRefusal(t *testing.T) {
	g := &garbledService{memoryStream: &memoryStream{shards: fourShards()}, summary: &service.DescribeStreamSummaryOutput{}}
	const want = "DescribeStreamSummary for stream orders: the answer has no summary"
	if _, _, err := Identity(t.Context(), g, "orders", mute); err == nil || err.Error() != want {
		t.Errorf("identity: %v", err)
	}
	if _, err := IgnoresHashKeys(t.Context(), g, "orders", mute); err == nil || err.Error() != want {
		t.Errorf("hash keys: %v", err)
	}
}

// laterNull has a second page without a list.
type laterNull struct{ *memoryStream }

func (l laterNull) ListShards(ctx context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	if in.NextToken != "" {
		return &service.ListShardsOutput{}, nil
	}
	out, err := l.memoryStream.ListShards(ctx, in)
	out.NextToken = "next"
	return out, err
}

func TestFault08AListingWithANullPageIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{shards: fourShards()}
		_, err := HashKeyOf(t.Context(), laterNull{s}, "orders", s.shards[1], mute)
		var gaveUp *GaveUpError
		if !errors.As(err, &gaveUp) || !strings.HasSuffix(err.Error(), "ListShards for stream orders: the answer has no shards") {
			t.Errorf("got %v", err)
		}
	})
}
