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
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/kpl"
	"kin/internal/service"
	"kin/reader"
)

// Stream is a stream as it was when it was looked at.
type Stream struct {
	Given string // as the caller named it
	// Summary is nil where the stream is not described, and Undescribed says why.
	Summary     *types.StreamDescriptionSummary
	Undescribed error
	Shards      []Shard // that are retained, by ID
	// At is the service's clock, cut to the second.
	At time.Time
}

// Shard is one shard of a stream.
type Shard struct {
	ID     string
	Closed bool // takes no more records; it may still hold some
	// Parent and Adjacent are the shards it descends from, empty without:
	// Adjacent only after a merge. They need not be retained any more.
	Parent, Adjacent string
	Children         []string // that are listed, by ID
	Hashes           kpl.HashKeyRange
	// First and Last are its sequence numbers; Last only if it is closed.
	First, Last string
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

// shardsOf makes shards of what ListShards said, by ID.
func shardsOf(listed []types.Shard) ([]Shard, error) {
	shards := make([]Shard, 0, len(listed))
	for _, l := range listed {
		s := Shard{ID: aws.ToString(l.ShardId), Parent: aws.ToString(l.ParentShardId), Adjacent: aws.ToString(l.AdjacentParentShardId)}
		if r := l.SequenceNumberRange; r != nil {
			s.First, s.Last, s.Closed = aws.ToString(r.StartingSequenceNumber), aws.ToString(r.EndingSequenceNumber), r.EndingSequenceNumber != nil
		}
		var from, to bool
		if r := l.HashKeyRange; r != nil {
			s.Hashes.Starting, from = kpl.ParseHashKey(aws.ToString(r.StartingHashKey))
			s.Hashes.Ending, to = kpl.ParseHashKey(aws.ToString(r.EndingHashKey))
		}
		if !from || !to || s.Hashes.Starting.Compare(s.Hashes.Ending) > 0 {
			return nil, fmt.Errorf("the answer has no hash key range of %s", s.ID)
		}
		shards = append(shards, s)
	}
	slices.SortFunc(shards, func(a, b Shard) int { return strings.Compare(a.ID, b.ID) })
	at := make(map[string]int, len(shards))
	for i, s := range shards {
		at[s.ID] = i
	}
	for _, s := range shards {
		for _, parent := range s.parents() {
			if i, listed := at[parent]; listed {
				shards[i].Children = append(shards[i].Children, s.ID)
			}
		}
	}
	return shards, nil
}

// parents are none, one, or two shard IDs.
func (s Shard) parents() []string {
	var parents []string
	for _, id := range []string{s.Parent, s.Adjacent} {
		if id != "" {
			parents = append(parents, id)
		}
	}
	return parents
}

// Open are the shards that take records, by ID.
func (s *Stream) Open() []Shard {
	var open []Shard
	for _, shard := range s.Shards {
		if !shard.Closed {
			open = append(open, shard)
		}
	}
	return open
}

// IsAutomatic says whether the stream distributes its records itself, so that
// keys lead nowhere. A stream that may not be described counts as one that
// does not.
func (s *Stream) IsAutomatic() bool {
	return s.Summary != nil && s.Summary.RecordDistributionStrategy == types.RecordDistributionStrategyAuto
}
