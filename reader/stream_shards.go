package reader

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/lineage"
)

// streamShards are the shards of one stream, as the listings and the ends of
// shards show them. The session's lock guards what is said to be guarded, once
// the stream is open: until then nobody else knows it.
type streamShards struct {
	streamCalls
	follower follower
	place    lineage.Placement
	lineage  *lineage.Tree // guarded
	// listed is, by shard ID, whether the last whole listing shows a shard as
	// closed. The map is guarded, and replaced, never changed.
	listed   map[string]bool
	listedAt time.Time // the service's time when the stream was opened
	// merging is held while a listing is compared with the last one. Nobody but
	// another listing waits for it. It guards the following.
	merging       sync.Mutex
	listedParents map[string][2]string // as listing.parents; nil before a listing
	// refreshing is the listing that shards wait for together.
	refreshing sharedListing
	// Shards that listings no longer show, guarded: goneBefore waits for the next
	// whole listing.
	goneNow    [][]string
	goneBefore []string
}

// follower follows what changes in the shards of a stream. A run reads the shards
// that are found.
type follower interface {
	// changed is called, with the session's lock held, with the shards that were
	// found and placed; none may have. It returns the shards to start.
	changed(found []*lineage.Shard) (ready []*lineage.Shard)
	// start starts shards. The lock is not held.
	start(ready []*lineage.Shard)
}

// noFollower is the follower of a look, which starts no shard.
type noFollower struct{}

func (noFollower) changed([]*lineage.Shard) []*lineage.Shard { return nil }
func (noFollower) start([]*lineage.Shard)                    {}

func (s *streamShards) lastID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lineage.Last
}

// isClosed says whether the shard takes no more records, as far as is known.
func (s *streamShards) isClosed(shard *lineage.Shard) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return shard.Closed
}

// isOpen says whether the last listing shows the shard as taking records.
func (s *streamShards) isOpen(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, listed := s.listed[id]
	shard := s.lineage.Shards[id]
	return listed && shard != nil && !shard.Closed
}

// hasSeenEnd reports whether a listing of this run shows that the shard takes no
// more records: it shows the shard as closed, or one of the children as its child.
func (s *streamShards) hasSeenEnd(id string, children []types.ChildShard) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if shard := s.lineage.Shards[id]; shard != nil && shard.Closed {
		return true
	}
	return slices.ContainsFunc(children, func(c types.ChildShard) bool {
		child := s.lineage.Shards[aws.ToString(c.ShardId)]
		return child != nil && slices.Contains(child.ListedParents, id)
	})
}

func (s *streamShards) isListed(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, listed := s.listed[id]
	return listed
}

// begins says where the stream's run begins, in words.
func (s *streamShards) begins() string {
	if s.place.Saved != nil {
		return "the checkpoint"
	}
	return s.place.Initial.String()
}

// notFound is the error for a shard that the stream does not have.
func (s *streamShards) notFound(shard string) error {
	return &ShardNotFoundError{Stream: s.ref.Given, Shard: shard, Known: slices.Sorted(maps.Keys(s.lineage.Shards))}
}

// misplaced is the error of positions that do not fit the stream's shards.
func (s *streamShards) misplaced(err error) error {
	if id, is := errors.AsType[lineage.UnknownShardError](err); is {
		return s.notFound(string(id))
	}
	return s.ownAncestor("ListShards", "", err)
}
