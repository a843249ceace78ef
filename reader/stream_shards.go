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

// streamShards are the shards of one stream, from the listings and from the ends of shards. The
// session's lock guards the fields marked as guarded. No lock is needed until the stream is open,
// because no other goroutine has it.
type streamShards struct {
	streamCalls
	follower  follower
	placement lineage.Placement
	lineage   *lineage.Tree // guarded
	// listed has every shard ID of the last whole listing; the value is whether it shows the shard
	// as closed. The map is guarded. It is replaced, never changed.
	listed   map[string]bool
	listedAt time.Time // the service's time when the stream was opened
	// merging is held while a listing is compared with the last one. Only other listings wait for
	// it. It guards the following.
	merging       sync.Mutex
	listedParents map[string][2]string // as listing.parents; nil before the first listing
	// refreshing is the listing that several shards wait for.
	refreshing sharedListing
	// Shards that listings no longer show, guarded. unlistedBefore waits for the next whole
	// listing.
	unlisted       [][]string
	unlistedBefore []string
}

// follower is notified of changes to the shards of a stream. A run starts to read the new shards.
type follower interface {
	// changed is called with the shards that are new and have a position, maybe none. The session's
	// lock is held. It returns the shards to start.
	changed(found []*lineage.Shard) (ready []*lineage.Shard)
	// start starts shards. The lock is not held.
	start(ready []*lineage.Shard)
}

// noFollower is the follower of an Opening, which starts no shard.
type noFollower struct{}

func (noFollower) changed([]*lineage.Shard) []*lineage.Shard { return nil }
func (noFollower) start([]*lineage.Shard)                    {}

func (s *streamShards) lastID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lineage.Last
}

// isClosed reports whether the shard is known to take no more records.
func (s *streamShards) isClosed(shard *lineage.Shard) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return shard.Closed
}

// isOpen reports whether the last listing shows the shard as open.
func (s *streamShards) isOpen(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, listed := s.listed[id]
	shard := s.lineage.Shards[id]
	return listed && shard != nil && !shard.Closed
}

// hasSeenEnd reports whether a listing of this run shows the shard as closed, or one of the given
// children as its child.
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

// startText describes where the run begins in the stream.
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

// placementError is the error for positions that do not fit the stream's shards.
func (s *streamShards) placementError(err error) error {
	if id, is := errors.AsType[lineage.UnknownShardError](err); is {
		return s.notFound(string(id))
	}
	return s.ownAncestor("ListShards", "", err)
}

// refresh returns after a listing of all shards was merged that began after the call. It lists
// until one succeeds, unless another goroutine already does.
func (s *streamShards) refresh(ctx context.Context) error {
	answered, err := s.refreshing.wait(ctx, s.refreshing.calls())
	if answered || err != nil {
		return err
	}
	merged := 0
	defer func() { s.refreshing.finish(merged) }()
	attempt := 0
	l, err := withRetriesPaged(ctx, s.session, 0, s.callError("ListShards"), func(ctx context.Context, a *service.Allowance) (listing, error) {
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

// merge merges a listing and starts the shards that may start. Of a whole listing, only the
// difference to the last one is merged.
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

// diff returns the shards of a whole listing that are new, or have another state or other parents
// than in the last one. The caller holds merging, as for disappeared.
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

// disappeared returns the shards that the last whole listing shows and this one does not.
func (s *streamShards) disappeared(listed map[string]bool) []string {
	var ids []string
	for id := range s.listed {
		if _, still := listed[id]; !still {
			ids = append(ids, id)
		}
	}
	return ids
}

// apply merges listed shards. listed is not nil for a whole listing; unlisted are then the shards
// that it no longer shows. The session's lock is held for the changed shards only, not for all
// shards.
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

// pruneStep is how many shards are visited while the session's lock is held.
const pruneStep = 256

// prune removes finished shards from the lineage and from saved, and returns their IDs. It visits
// the shards that listings no longer show, once after each whole listing. Only the goroutine that
// owns saved may call it.
func (s *streamShards) prune(saved map[string]checkpoint.Shard) (removed []string) {
	ids := slices.Concat(s.takeUnlisted()...)
	slices.Sort(ids) // parents first: a child is kept while one of its parents is
	for some := range slices.Chunk(ids, pruneStep) {
		removed = append(removed, s.pruneSome(some, saved)...)
	}
	return removed
}

// takeUnlisted returns the shards that may be finished, since the last call. It returns nothing if
// there was no whole listing since then.
func (s *streamShards) takeUnlisted() [][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := s.unlisted
	s.unlisted = nil
	return ids
}

// pruneSome is prune for a portion. Shards that are not finished are visited again after the next
// whole listing.
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

// unlistedAtStart returns the known shards that the first listing of a run does not show.
func (s *streamShards) unlistedAtStart() []string {
	var ids []string
	for id := range maps.Keys(s.lineage.Shards) {
		if _, listed := s.listed[id]; !listed {
			ids = append(ids, id)
		}
	}
	return ids
}
