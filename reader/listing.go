package reader

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/lineage"
	"kin/internal/paging"
	"kin/internal/service"
	"kin/internal/validate"
)

// listing is the answer of ListShards, all pages together.
type listing struct {
	shards []types.Shard
	// at is the server's time of the first page; zero if it has no usable Date.
	at time.Time
}

// last is the highest shard ID. IDs grow with the age of the stream.
func (l listing) last() string {
	last := ""
	for _, s := range l.shards {
		last = max(last, aws.ToString(s.ShardId))
	}
	return last
}

// open returns, by shard ID, whether each shard takes records.
func (l listing) open() map[string]bool {
	open := map[string]bool{}
	for _, s := range l.shards {
		open[aws.ToString(s.ShardId)] = !lineage.IsClosed(s)
	}
	return open
}

// parents returns, by shard ID, the two parents of the shards that have one.
func (l listing) parents() map[string][2]string {
	parents := map[string][2]string{}
	for _, s := range l.shards {
		if p := lineage.ListedParents(s); p != [2]string{} {
			parents[aws.ToString(s.ShardId)] = p
		}
	}
	return parents
}

// closedShards returns, by shard ID, whether a listing shows a shard as closed.
func closedShards(l listing) map[string]bool {
	closed := make(map[string]bool, len(l.shards))
	for _, shard := range l.shards {
		closed[aws.ToString(shard.ShardId)] = lineage.IsClosed(shard)
	}
	return closed
}

// listWithRetries lists the shards after the given ID, or all of them, with retries. limit bounds
// the time since the last page that had new shards.
func (s streamCalls) listWithRetries(ctx context.Context, limit time.Duration, after string, filter *types.ShardFilter) (listing, error) {
	return withRetriesPaged(ctx, s.session, limit, s.callError("ListShards"), func(ctx context.Context, a *service.Allowance) (listing, error) {
		return s.list(ctx, a, after, filter)
	})
}

// list makes one attempt at listing the shards after the given ID, all shards, or those of a
// filter. A listing is not atomic: a shard that is listed twice counts once. A token is valid for
// five minutes; after that, the next attempt starts over.
func (s streamCalls) list(ctx context.Context, a *service.Allowance, after string, filter *types.ShardFilter) (listing, error) {
	var (
		all   listing
		token string
		seen  = map[string]int{}
		guard = paging.Guard{PageSize: s.o.MaxShardsPerDescribe}
	)
	for {
		in := &service.ListShardsInput{MaxResults: s.o.MaxShardsPerDescribe}
		if token != "" {
			in.NextToken = token // a token excludes the stream's name
		} else {
			in.StreamName, in.StreamARN, in.ShardFilter = s.ref.ByName(), s.ref.ARN, filter
			in.ExclusiveStartShardID = after
		}
		limited, cancel := a.Limit(ctx)
		out, err := service.Attempt(limited, func(ctx context.Context) (*service.ListShardsOutput, error) {
			return s.client.ListShards(ctx, in)
		})
		cancel()
		if err != nil {
			return listing{}, s.callError("ListShards")(err)
		}
		if all.at.IsZero() {
			if all.at, err = s.dates.Accept(out.ServerTime); err != nil {
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
		if token = out.NextToken; token == "" {
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

// checkListing refuses a listing in which a shard is its own ancestor. at has the index of each
// shard in it.
func (s streamCalls) checkListing(l listing, at map[string]int) error {
	isBackward := func(shard types.Shard) bool {
		id := aws.ToString(shard.ShardId)
		return id <= aws.ToString(shard.ParentShardId) || id <= aws.ToString(shard.AdjacentParentShardId)
	}
	var backward []string
	for _, shard := range l.shards {
		if isBackward(shard) {
			backward = append(backward, aws.ToString(shard.ShardId))
		}
	}
	id := lineage.OwnAncestor(backward, func(id string) []string {
		i, listed := at[id]
		if !listed {
			return nil
		}
		return lineage.ParentsOf(l.shards[i].ParentShardId, l.shards[i].AdjacentParentShardId)
	})
	if id == "" {
		return nil
	}
	return s.ownAncestor("ListShards", "", lineage.OwnAncestorError(id))
}

// Shards is the answer of ListShards for a stream, all pages together.
type Shards struct {
	// Shards are in no order: parents may come after their children.
	Shards []types.Shard
	// At is the service's clock when it answered, cut to the second. Without a usable Date it is
	// this machine's.
	At time.Time
}

// ListShards lists a stream's shards as a run does at its start: the retained ones or, with a
// filter, some of them. Errors are *record.OptionError, *CallError, and *GaveUpError after 30 s of
// retries.
func ListShards(ctx context.Context, a *Asker, stream string, filter *types.ShardFilter) (Shards, error) {
	s, err := a.stream(stream)
	if err != nil {
		return Shards{}, err
	}
	l, err := s.listWithRetries(ctx, startTimeout, "", filter)
	if l.at.IsZero() {
		l.at = s.dateNow()
	}
	return Shards{l.shards, l.at}, err
}

// DescribeStream fetches a stream's summary. Errors are those of ListShards, and a *CallError with
// validate.ErrNoSummary.
func DescribeStream(ctx context.Context, a *Asker, stream string) (*types.StreamDescriptionSummary, error) {
	s, err := a.stream(stream)
	if err != nil {
		return nil, err
	}
	out, err := withRetries(ctx, s.session, startTimeout, s.callError("DescribeStreamSummary"), s.describe)
	switch {
	case err != nil:
		return nil, err
	case out.StreamDescriptionSummary == nil:
		return nil, s.callError("DescribeStreamSummary")(validate.ErrNoSummary)
	}
	return out.StreamDescriptionSummary, nil
}

// sharedListing is a listing of all shards that many goroutines need at once, as after an outage or
// a reshard. One of them lists, and the others wait. A listing is an answer only for callers who
// asked before it began. An older one may show an outdated state.
type sharedListing struct {
	mu      sync.Mutex    // guards the following
	running chan struct{} // closed when the current listing ends; nil without one
	begun   int           // number of the last attempt, from 1
	merged  int           // the attempt that was merged last
}

// begin starts an attempt, and returns its number.
func (l *sharedListing) begin() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun++
	return l.begun
}

// calls is how many attempts have begun.
func (l *sharedListing) calls() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.begun
}

// wait waits until an attempt after the first asked ones was merged; then answered is true.
// Otherwise it returns when the caller has to list.
func (l *sharedListing) wait(ctx context.Context, asked int) (answered bool, err error) {
	for {
		l.mu.Lock()
		answered, running := l.merged > asked, l.running
		if !answered && running == nil {
			l.running = make(chan struct{})
		}
		l.mu.Unlock()
		if answered || running == nil {
			return answered, nil
		}
		select {
		case <-running:
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
}

// finish ends what wait began. merged is the number of the merged attempt; 0 if none.
func (l *sharedListing) finish(merged int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.merged = max(l.merged, merged)
	close(l.running)
	l.running = nil
}
