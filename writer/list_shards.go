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

// eachShard makes one attempt at listing the shards of a stream, page after page,
// and calls visit for each of them once: a list is not atomic, and a shard may come
// twice. nil is no filter. The allowance limits each page, and notes what it brought.
// Errors are *CallError; so is a list that would never end, one without shards, and one
// with a shard that cannot be.
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
		if out.Shards == nil { // an empty list is not nil
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
		in = &service.ListShardsInput{NextToken: out.NextToken} // and nothing that names the stream
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

// listShards makes one attempt at listing the open shards, in the order of
// their ranges. It returns none where they do not cover the hash key space
// exactly: a list is not atomic. The allowance is as for eachShard.
func listShards(ctx context.Context, client shardLister, a *service.Allowance, stream string) ([]queue.Range, error) {
	var ranges []queue.Range
	readable := true
	err := eachShard(ctx, client, a, stream, &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}, func(s types.Shard) {
		if s.HashKeyRange == nil || lineage.IsClosed(s) { // endpoints that know no filter list the closed ones too
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
