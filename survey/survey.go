// Package survey examines streams: the list of streams, the lineage of shards, the shard of a
// partition key, and the write rates and hot keys of shards.
//
// It changes nothing, and keeps to the rate limits of the service. Memory does not grow with the
// size of a sample. A stream may change before its result is printed.
package survey

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/lineage"
	"kin/internal/service"
	"kin/reader"
)

// Stream is the state of a stream at one time.
type Stream struct {
	Given string // as the caller named it
	// Summary is nil if the stream could not be described. Undescribed is the reason.
	Summary     *types.StreamDescriptionSummary
	Undescribed error
	// Shards are the retained shards. Each has a hash key range.
	Shards *lineage.Tree
	// At is the service's time, in whole seconds.
	At time.Time
}

// LookAt lists the shards of a stream and describes the stream. If the stream cannot be described,
// Summary is nil and the error is nil. Errors are those of reader.ListShards, and those that would
// fail every description.
func LookAt(ctx context.Context, asker *reader.Asker, stream string) (*Stream, error) {
	listed, err := reader.ListShards(ctx, asker, stream, nil)
	if err != nil {
		return nil, err
	}
	s := &Stream{Given: stream, At: listed.At}
	if s.Shards, err = shardsOf(listed.Shards); err != nil {
		return nil, fmt.Errorf("list shards of %s: %w", stream, err)
	}
	if s.Summary, err = reader.DescribeStream(ctx, asker, stream); err != nil && endsDescriptions(ctx, err) {
		return nil, err
	}
	s.Undescribed = err
	return s, nil
}

// IsUnavailable reports whether the caller may not make a call, or the endpoint does not have it.
// Information from such a call is optional.
func IsUnavailable(err error) bool {
	class := service.ClassOf(err)
	return err != nil && (class == service.Denied || class == service.Unsupported)
}

// endsDescriptions reports whether a failed description concerns more than one stream. Either the
// command has ended, the credentials are invalid, the error is permanent, or the stream does not
// exist.
func endsDescriptions(ctx context.Context, err error) bool {
	return ctx.Err() != nil || service.IsPermanent(err) || service.IsUnsent(err) || service.IsUnauthentic(err) || isNotFound(err)
}

func isNotFound(err error) bool { return service.ClassOf(err) == service.Missing }

// shardsOf returns the lineage of listed shards. Each has a hash key range.
func shardsOf(listed []types.Shard) (*lineage.Tree, error) {
	shards := lineage.NewTree()
	shards.Add(listed)
	for _, l := range listed {
		if id := aws.ToString(l.ShardId); shards.Shards[id].Hashes == nil {
			return nil, fmt.Errorf("the answer has no hash key range of %s", id)
		}
	}
	return shards, nil
}

// Open returns the open shards, sorted by ID.
func (s *Stream) Open() []*lineage.Shard {
	return slices.DeleteFunc(s.Shards.Sorted(), func(shard *lineage.Shard) bool { return shard.Closed })
}

// IsAutomatic reports whether the stream distributes its records itself (AUTO), so that partition
// keys do not select shards. It is false if the stream is not described.
func (s *Stream) IsAutomatic() bool {
	return s.Summary != nil && s.Summary.RecordDistributionStrategy == types.RecordDistributionStrategyAuto
}
