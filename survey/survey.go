// Package survey finds out what a stream is like: its shards and how they descend
// from each other, where partition keys lead, how fast its shards are written
// and by which keys, and which streams there are.
//
// It promises that nothing is changed, that calls keep to the service's rates,
// and that memory does not grow with what is sampled. It does not promise that
// a stream is still so when the answer is printed.
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

// Stream is a stream as it was when it was looked at.
type Stream struct {
	Given string // as the caller named it
	// Summary is nil where the stream is not described, and Undescribed says why.
	Summary     *types.StreamDescriptionSummary
	Undescribed error
	// Shards are those that are retained. Each has a hash key range.
	Shards *lineage.Tree
	// At is the service's clock, cut to the second.
	At time.Time
}

// LookAt lists a stream's shards and describes it. A stream that cannot be described has
// no Summary, which is no error. Errors are those of reader.ListShards.
func LookAt(ctx context.Context, asker *reader.Asker, stream string) (*Stream, error) {
	listed, err := reader.ListShards(ctx, asker, stream, nil)
	if err != nil {
		return nil, err
	}
	s := &Stream{Given: stream, At: listed.At}
	if s.Shards, err = shardsOf(listed.Shards); err != nil {
		return nil, fmt.Errorf("list shards of %s: %w", stream, err)
	}
	if s.Summary, err = reader.DescribeStream(ctx, asker, stream); err != nil && endsAll(ctx, err) {
		return nil, err
	}
	s.Undescribed = err
	return s, nil
}

// IsUnavailable reports whether a call is not allowed, or not known, here: what it is
// asked for is optional then.
func IsUnavailable(err error) bool {
	class := service.ClassOf(err)
	return err != nil && (class == service.Denied || class == service.Unsupported)
}

// endsAll reports whether a description that failed says more than that one stream cannot
// be described: the command has ended, the caller is not known, or the stream is not there.
func endsAll(ctx context.Context, err error) bool {
	return ctx.Err() != nil || service.IsPermanent(err) || service.IsUnsent(err) || service.IsUnauthentic(err) || isNotFound(err)
}

func isNotFound(err error) bool { return service.ClassOf(err) == service.Missing }

// shardsOf is the family tree of listed shards. Each has a hash key range.
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

// Open are the shards that take records, by ID.
func (s *Stream) Open() []*lineage.Shard {
	return slices.DeleteFunc(s.Shards.Sorted(), func(shard *lineage.Shard) bool { return shard.Closed })
}

// IsAutomatic says whether the stream distributes its records itself, so that
// keys lead nowhere. A stream that may not be described counts as one that
// does not.
func (s *Stream) IsAutomatic() bool {
	return s.Summary != nil && s.Summary.RecordDistributionStrategy == types.RecordDistributionStrategyAuto
}
