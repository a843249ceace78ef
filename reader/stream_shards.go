package reader

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/internal/service"
)

// streamShards are the shards of one stream, as the listings and the ends of
// shards show them. The session's lock guards what is said to be guarded, once
// the stream is open: until then nobody else knows it.
type streamShards struct {
	streamCalls
	follower  follower
	placement lineage.Placement
	lineage   *lineage.Tree // guarded
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
	// Shards that listings no longer show, guarded: unlistedBefore waits for the next
	// whole listing.
	unlisted       [][]string
	unlistedBefore []string
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

// startText says where the stream's run begins, in words.
func (s *streamShards) startText() string {
	if s.placement.Saved != nil {
		return "the checkpoint"
	}
	return s.placement.Initial.String()
}

// notFound is the error for a shard that the stream does not have.
func (s *streamShards) notFound(shard string) error {
	return &ShardNotFoundError{Stream: s.ref.Given, Shard: shard, Known: slices.Sorted(maps.Keys(s.lineage.Shards))}
}

// placementError is the error of positions that do not fit the stream's shards.
func (s *streamShards) placementError(err error) error {
	if id, is := errors.AsType[lineage.UnknownShardError](err); is {
		return s.notFound(string(id))
	}
	return s.ownAncestor("ListShards", "", err)
}

// refresh returns when a listing of all shards was merged that began after the call.
// It lists as often as it takes, unless another shard does.
func (s *streamShards) refresh(ctx context.Context) error {
	answered, err := s.refreshing.enter(ctx, s.refreshing.calls())
	if answered || err != nil {
		return err
	}
	merged := 0
	defer func() { s.refreshing.leave(merged) }()
	attempt := 0
	l, err := patientlyPaged(ctx, s.session, 0, s.callError("ListShards"), func(ctx context.Context, a *service.Allowance) (listing, error) {
		attempt = s.refreshing.begin()
		return s.list(ctx, a, "", nil)
	})
	if err != nil {
		return err
	}
	if err := s.merge(l, true); err != nil {
		return err
	}
	merged = attempt
	return nil
}

// merge takes in a listing and starts what may start. Of a whole listing only
// what differs from the last one is merged.
func (s *streamShards) merge(l listing, whole bool) error {
	if !whole {
		return s.apply(l.shards, nil, nil)
	}
	s.merging.Lock()
	defer s.merging.Unlock()
	listed := closedShards(l)
	if err := s.apply(s.diff(l, listed), listed, s.disappeared(listed)); err != nil {
		return err
	}
	s.listedParents = l.parents()
	return nil
}

// diff are the shards of a whole listing that the last one did not show, or
// showed in another state or with other parents. It wants merging held, as
// disappeared does.
func (s *streamShards) diff(l listing, listed map[string]bool) []types.Shard {
	var changed []types.Shard
	for _, shard := range l.shards {
		id := aws.ToString(shard.ShardId)
		if was, known := s.listed[id]; !known || was != listed[id] || s.listedParents != nil && s.listedParents[id] != lineage.ListedParents(shard) {
			changed = append(changed, shard)
		}
	}
	return changed
}

// disappeared are the shards that the last whole listing showed and this one
// does not.
func (s *streamShards) disappeared(listed map[string]bool) []string {
	var ids []string
	for id := range s.listed {
		if _, still := listed[id]; !still {
			ids = append(ids, id)
		}
	}
	return ids
}

// apply merges shards that were listed. listed is not nil for a whole listing,
// and gone are the shards that it does not show any more. The lock is held over
// what changes, never over what is there.
func (s *streamShards) apply(shards []types.Shard, listed map[string]bool, unlisted []string) error {
	s.mu.Lock()
	found := s.lineage.Add(shards)
	if err := s.lineage.Check(); err != nil {
		s.mu.Unlock()
		return s.ownAncestor("ListShards", "", err)
	}
	s.placement.Later(s.lineage, found)
	if listed != nil {
		s.listed = listed
		s.lineage.Listed()
		s.unlisted = append(s.unlisted, s.unlistedBefore, unlisted)
		s.unlistedBefore = nil
	}
	ready := s.follower.changed(found)
	s.mu.Unlock()
	s.follower.start(ready)
	return nil
}

// pruneStep is how many shards are looked at while the session's lock is held.
const pruneStep = 256

// prune forgets shards that are finished, in the lineage and in saved, and
// returns their IDs. It looks at the shards that listings no longer show, once
// after each whole listing. It is for the goroutine that owns saved.
func (s *streamShards) prune(saved map[string]checkpoint.Shard) (removed []string) {
	ids := slices.Concat(s.takeUnlisted()...)
	slices.Sort(ids) // parents first: a child is kept while one of them is
	for some := range slices.Chunk(ids, pruneStep) {
		removed = append(removed, s.pruneSome(some, saved)...)
	}
	return removed
}

// takeUnlisted returns the shards that may be finished; nothing when there has been
// no whole listing since it was called last.
func (s *streamShards) takeUnlisted() [][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := s.unlisted
	s.unlisted = nil
	return ids
}

// pruneSome is prune for a portion. What is not finished yet is looked at again
// after the next whole listing.
func (s *streamShards) pruneSome(ids []string, saved map[string]checkpoint.Shard) (removed []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if _, again := s.listed[id]; again || s.lineage.Shards[id] == nil {
			continue
		}
		if !s.lineage.IsFinished(id, saved) {
			s.unlistedBefore = append(s.unlistedBefore, id)
			continue
		}
		s.lineage.Remove(id)
		delete(saved, id)
		removed = append(removed, id)
	}
	return removed
}

// unlistedAtStart are the known shards that the first listing of a run does not
// show.
func (s *streamShards) unlistedAtStart() []string {
	var ids []string
	for id := range maps.Keys(s.lineage.Shards) {
		if _, listed := s.listed[id]; !listed {
			ids = append(ids, id)
		}
	}
	return ids
}
