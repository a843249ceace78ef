package reader

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	tree "kin/internal/lineage"
	"kin/internal/paging"
	"kin/internal/service"
	"kin/internal/validate"
)

// listing is what ListShards said, all pages together.
type listing struct {
	shards []types.Shard
	// at is the server's time of the first page; zero when it did not say.
	at time.Time
}

// last is the highest of the shard IDs, which grow with the shards' ages.
func (l listing) last() string {
	last := ""
	for _, s := range l.shards {
		last = max(last, aws.ToString(s.ShardId))
	}
	return last
}

// open are the IDs of the shards that take records.
func (l listing) open() map[string]bool {
	open := map[string]bool{}
	for _, s := range l.shards {
		open[aws.ToString(s.ShardId)] = !isClosed(s)
	}
	return open
}

// listPatiently lists the shards after the given ID, or all of them, as patiently does: in
// most, counted from the last page that brought something new.
func (s *streamRun) listPatiently(ctx context.Context, most time.Duration, after string, filter *types.ShardFilter) (listing, error) {
	return patientlyPaged(ctx, s.run, most, s.callError("ListShards"), func(ctx context.Context, a *service.Allowance) (listing, error) {
		return s.list(ctx, a, after, filter)
	})
}

// list makes one attempt at listing the shards after the given ID, or all of
// them, or those of a filter. A list is not atomic: shards that come twice are one. Its token lives
// five minutes; when that has expired, the next attempt begins again.
func (s *streamRun) list(ctx context.Context, a *service.Allowance, after string, filter *types.ShardFilter) (listing, error) {
	var (
		all   listing
		token string
		seen  = map[string]int{}
		guard = paging.Guard{PageSize: s.run.o.MaxShardsPerDescribe}
	)
	for {
		in := &kinesis.ListShardsInput{MaxResults: aws.Int32(int32(s.run.o.MaxShardsPerDescribe))}
		if token != "" {
			in.NextToken = aws.String(token) // and nothing that names the stream
		} else {
			in.StreamName, in.StreamARN, in.ShardFilter = s.ref.ByName(), s.ref.ByARN(), filter
			if after != "" {
				in.ExclusiveStartShardId = aws.String(after)
			}
		}
		limited, cancel := a.Limit(ctx)
		out, err := service.Attempt(limited, func(ctx context.Context) (*kinesis.ListShardsOutput, error) {
			return s.run.client.ListShards(ctx, in)
		})
		cancel()
		if err != nil {
			return listing{}, s.callError("ListShards")(err)
		}
		if all.at.IsZero() {
			if all.at, err = s.run.dates.Accept(service.ServerTime(out.ResultMetadata)); err != nil {
				return listing{}, s.callError("ListShards")(err)
			}
		}
		if out.Shards == nil { // an empty list is not nil
			return listing{}, s.callError("ListShards")(validate.ErrNoShards)
		}
		before := len(all.shards)
		for _, shard := range out.Shards {
			if err := validate.Shard(shard); err != nil {
				return listing{}, s.callError("ListShards")(err)
			}
			id := aws.ToString(shard.ShardId)
			if i, twice := seen[id]; twice {
				all.shards[i] = shard
				continue
			}
			seen[id] = len(all.shards)
			all.shards = append(all.shards, shard)
		}
		if token = aws.ToString(out.NextToken); token == "" {
			if len(all.shards) == 0 && after == "" && (filter == nil || filter.Type == types.ShardFilterTypeAtLatest) {
				return listing{}, s.callError("ListShards")(validate.ErrNoShards)
			}
			return all, s.checkListing(all, seen)
		}
		a.Advanced(len(all.shards))
		if err := guard.Next(token, len(all.shards)-before); err != nil {
			return listing{}, s.callError("ListShards")(err)
		}
	}
}

// checkListing refuses a listing in which a shard is its own ancestor. at is
// where in it each shard is.
func (s *streamRun) checkListing(l listing, at map[string]int) error {
	isBackward := func(shard types.Shard) bool {
		id := aws.ToString(shard.ShardId)
		return id <= aws.ToString(shard.ParentShardId) || id <= aws.ToString(shard.AdjacentParentShardId)
	}
	var suspects []string
	for _, shard := range l.shards {
		if isBackward(shard) {
			suspects = append(suspects, aws.ToString(shard.ShardId))
		}
	}
	id := tree.OwnAncestor(suspects, func(id string) []string {
		i, listed := at[id]
		if !listed {
			return nil
		}
		return parentsOf(l.shards[i].ParentShardId, l.shards[i].AdjacentParentShardId)
	})
	if id == "" {
		return nil
	}
	return s.ownAncestor("ListShards", "", ownAncestorError(id))
}

// wholeListEvery is how often a look for new shards lists all of them; in
// between, only those with higher IDs than any known are asked for.
const wholeListEvery = time.Minute

// discover looks for new shards until the context ends.
func (s *streamRun) discover(ctx context.Context) error {
	whole := time.Now()
	for {
		if err := sleepUntil(ctx, time.Now().Add(s.run.o.ShardFetchInterval)); err != nil {
			return err
		}
		after := s.lastID()
		if time.Since(whole) >= wholeListEvery {
			whole, after = time.Now(), ""
		}
		l, err := s.listPatiently(ctx, 0, after, nil)
		if err != nil {
			return err
		}
		if err := s.merge(l, after == ""); err != nil {
			return err
		}
	}
}
