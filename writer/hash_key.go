package writer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/lineage"
	"kin/internal/service"
)

// HashKeyOf returns the first hash key in the range of an open shard. A record with it as
// explicit hash key goes to that shard. After a split or a merge such records go to the
// child with that hash key.
//
// It returns a *ShardError if the shard does not exist or is closed. Other errors are those
// of Run. If a call has no answer for 5 s, report is called with a message about it.
func HashKeyOf(ctx context.Context, client MetadataClient, stream, shardID string, report func(string)) (string, error) {
	var shards []types.Shard
	err := retryAtStart(ctx, "ListShards", stream, report, func(ctx context.Context, a *service.Allowance) error {
		shards = nil
		return eachShard(ctx, client, a, stream, nil, func(s types.Shard) { shards = append(shards, s) })
	})
	if err != nil {
		return "", err
	}
	missing := &ShardError{Stream: stream, Shard: shardID}
	for _, s := range shards {
		id := aws.ToString(s.ShardId)
		open := !lineage.IsClosed(s)
		switch {
		case id == shardID && open:
			if s.HashKeyRange != nil {
				if first, ok := lineage.ParseHashKey(aws.ToString(s.HashKeyRange.StartingHashKey)); ok {
					return first.String(), nil
				}
			}
			return "", &CallError{Call: "ListShards", Stream: stream, Err: fmt.Errorf("shard %q has no hash key range that can be read", id)}
		case id == shardID:
			missing.Closed = true
		case open:
			missing.Open = append(missing.Open, id)
		}
	}
	slices.Sort(missing.Open)
	return "", missing
}

// ShardError means that a shard cannot be written to: it does not exist, or it was split or
// merged.
type ShardError struct {
	Stream, Shard string
	Closed        bool
	Open          []string // IDs of the shards that can be written to, sorted
}

func (e *ShardError) Error() string {
	if e.Closed {
		return fmt.Sprintf("shard %q of stream %q is closed: it was split or merged", e.Shard, e.Stream)
	}
	return fmt.Sprintf("shard %q not found in stream %q", e.Shard, e.Stream)
}

// NotFound returns true. Callers can check for it without importing the type.
func (e *ShardError) NotFound() bool { return true }

// Hint lists shards that can be written to.
func (e *ShardError) Hint() string {
	const shown = 5
	switch n := len(e.Open); {
	case n == 0:
		return ""
	case n > shown:
		return fmt.Sprintf("%d shards are open: %s, ...", n, strings.Join(e.Open[:shown], ", "))
	}
	return "open: " + strings.Join(e.Open, ", ")
}
