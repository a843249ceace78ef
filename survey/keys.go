package survey

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/lineage"
	"kin/internal/record"
	"kin/reader"
)

// Key is a partition key and its shard.
type Key struct {
	PartitionKey string
	HashKey      lineage.HashKey
	Shard        *lineage.Shard
	// Ambiguous is the parent of Shard if the service listed both for this time; else empty.
	Ambiguous string
}

// AutomaticError means that the stream ignores partition keys when it chooses a shard.
type AutomaticError struct{ Stream string }

func (e *AutomaticError) Error() string {
	return fmt.Sprintf("%s distributes its records itself (AUTO): a partition key does not determine the shard", e.Stream)
}

// Hint returns a command that shows the shards of a key.
func (e *AutomaticError) Hint() string {
	return fmt.Sprintf("print the shards of a key's records with: kin read %s | jq 'select(.partitionKey == \"KEY\") | .shardId'", e.Stream)
}

// UnknownShardError means that the service does not show which shard held a key.
type UnknownShardError struct{ Reason, Advice string }

func (e *UnknownShardError) Error() string { return e.Reason }

// Hint returns the next step for the user; it may be empty.
func (e *UnknownShardError) Hint() string { return e.Advice }

// NotFound returns true. It marks the error for callers that do not import this package.
func (e *UnknownShardError) NotFound() bool { return true }

// Keys returns the open shard of each partition key, sorted by key. Duplicate keys are removed.
// Errors are *AutomaticError and *UnknownShardError.
func (s *Stream) Keys(keys []string) ([]Key, error) {
	if s.IsAutomatic() {
		return nil, &AutomaticError{s.Given}
	}
	return locate(keys, s.Open())
}

// KeysAt returns the shard of each partition key at a time in the past; the shard may be closed
// now. at is record.AtTimestamp or record.Ago. Errors are those of Keys and reader.ListShards, and
// *record.OptionError for a time in the future.
//
// The service lists the shards that were open at a time within the retention period. For earlier
// times, only a shard without parents is certain: it has existed since the stream was created.
func (s *Stream) KeysAt(ctx context.Context, asker *reader.Asker, keys []string, at record.Position) ([]Key, error) {
	if s.IsAutomatic() {
		return nil, &AutomaticError{s.Given}
	}
	then := at.Resolve(s.At).Timestamp
	switch {
	case then.After(s.At.Add(time.Second)):
		return nil, &record.OptionError{Field: "at", Want: "a time that is not in the future; the service's clock says " + clockText(s.At)}
	case s.Summary != nil && then.Before(aws.ToTime(s.Summary.StreamCreationTimestamp).Truncate(time.Second)):
		return nil, &UnknownShardError{fmt.Sprintf("%s had no shards at %s: it was created at %s", s.Given, clockText(then.Time), clockText(*s.Summary.StreamCreationTimestamp)), ""}
	case !then.Before(s.At): // the current second
		return locate(keys, s.Open())
	}
	filter := &types.ShardFilter{Type: types.ShardFilterTypeAtTimestamp, Timestamp: aws.Time(then.Time)}
	horizon := s.horizon()
	if then.Before(horizon) {
		filter = &types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon}
	}
	listed, err := reader.ListShards(ctx, asker, s.Given, filter)
	if err != nil {
		return nil, err
	}
	shards, err := shardsOf(listed.Shards)
	if err != nil {
		return nil, fmt.Errorf("list shards of %s: %w", s.Given, err)
	}
	found, err := locate(keys, shards.Sorted())
	if err != nil || !then.Before(horizon) {
		return found, err
	}
	for _, k := range found {
		if len(k.Shard.Parents) > 0 {
			return nil, &UnknownShardError{
				fmt.Sprintf("kin cannot find out which shard held %q at %s: %s descends from shards that %s no longer retains", k.PartitionKey, clockText(then.Time), k.Shard.ID, s.Given),
				"the service lists closed shards back to " + clockText(horizon),
			}
		}
	}
	return found, nil
}

// horizon returns the earliest time for which the service lists closed shards; zero if unknown.
func (s *Stream) horizon() time.Time {
	if s.Summary == nil || s.Summary.RetentionPeriodHours == nil {
		return time.Time{}
	}
	return s.At.Add(-Retention(*s.Summary))
}

// locate returns the shard of each key. shards are those of one time, sorted by ID.
func locate(keys []string, shards []*lineage.Shard) ([]Key, error) {
	var found []Key
	for _, key := range slices.Compact(slices.Sorted(slices.Values(keys))) {
		k := Key{PartitionKey: key, HashKey: lineage.HashKeyOf(key)}
		for _, shard := range shards {
			if !shard.Hashes.Contains(k.HashKey) {
				continue
			}
			// For the time of a split or merge the service lists parents and children (API
			// documentation). From that time on the child has the key. The child follows its
			// parents, because IDs grow.
			if k.Shard != nil && slices.Contains(shard.Parents, k.Shard.ID) {
				k.Ambiguous = k.Shard.ID
			}
			k.Shard = shard
		}
		if k.Shard == nil {
			return nil, &UnknownShardError{fmt.Sprintf("no shard has the hash key of %q, %s", key, k.HashKey), "the list of shards may be out of date: try again"}
		}
		found = append(found, k)
	}
	slices.SortFunc(found, func(a, b Key) int { return strings.Compare(a.PartitionKey, b.PartitionKey) })
	return found, nil
}

func clockText(t time.Time) string { return t.UTC().Format(time.RFC3339) }
