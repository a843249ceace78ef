package writer

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/lineage"
	"kin/internal/paging"
	"kin/internal/record"
	"kin/internal/service"
	"kin/internal/validate"
	"kin/writer/queue"
)

// eachShard lists the shards of a stream, page after page, in one attempt. It calls visit
// once for each shard, although a list is not atomic and may repeat shards. A nil filter
// lists all. The allowance limits each page and is extended by pages with new shards.
//
// Errors are *CallError. That includes a list that would never end, a list without shards,
// and an invalid shard.
func eachShard(ctx context.Context, client shardLister, a *service.Allowance, stream string, filter *types.ShardFilter, visit func(types.Shard)) error {
	failed := func(err error) error { return &CallError{Call: "ListShards", Stream: stream, Err: err} }
	named := record.ParseStream(stream)
	in := &service.ListShardsInput{StreamName: named.ByName(), StreamARN: named.ARN, ShardFilter: filter}
	seen := map[string]bool{}
	var guard paging.Guard
	for {
		out, err := listPage(ctx, client, a, in)
		if err != nil {
			return failed(err)
		}
		if out.Shards == nil { // an empty list would not be nil
			return failed(validate.ErrNoShards)
		}
		before := len(seen)
		for _, s := range out.Shards {
			if err := validate.Shard(s); err != nil {
				return failed(err)
			}
			id := aws.ToString(s.ShardId)
			if !seen[id] {
				seen[id] = true
				visit(s)
			}
		}
		a.Advanced(len(seen))
		if out.NextToken == "" {
			if len(seen) == 0 && (filter == nil || filter.Type == types.ShardFilterTypeAtLatest) {
				return failed(validate.ErrNoShards)
			}
			return nil
		}
		if err := guard.Next(out.NextToken, len(seen)-before); err != nil {
			return failed(err)
		}
		in = &service.ListShardsInput{NextToken: out.NextToken} // a request with NextToken must not name the stream
	}
}

func listPage(ctx context.Context, client shardLister, a *service.Allowance, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	limited, cancel := a.Limit(ctx)
	defer cancel()
	out, err := service.AttemptUntil(limited, time.Now().Add(startAttempt), func(ctx context.Context) (*service.ListShardsOutput, error) {
		return client.ListShards(ctx, in)
	})
	if err == nil && out == nil {
		err = errors.New("an empty answer")
	}
	return out, err
}

// listShards lists the open shards in one attempt, sorted by hash key range. It fails if
// they do not cover the hash key space exactly, because a list is not atomic. The allowance
// is as for eachShard.
func listShards(ctx context.Context, client shardLister, a *service.Allowance, stream string) ([]queue.Range, error) {
	var ranges []queue.Range
	readable := true
	err := eachShard(ctx, client, a, stream, &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}, func(s types.Shard) {
		if s.HashKeyRange == nil || lineage.IsClosed(s) { // endpoints without filter support list closed shards too
			return
		}
		hashes := lineage.ParseHashKeyRange(s.HashKeyRange)
		if hashes == nil {
			readable = false
			return
		}
		ranges = append(ranges, queue.Range{ShardID: aws.ToString(s.ShardId), HashKeyRange: *hashes})
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(ranges, queue.CompareStarts)
	if !readable || !queue.Cover(ranges) {
		return nil, &CallError{Call: "ListShards", Stream: stream, Err: errors.New("the open shards do not cover the hash key space")}
	}
	return ranges, nil
}
