package reader

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/lineage"
)

// merge takes in a listing and starts what may start. Of a whole listing only
// what differs from the last one is merged.
func (s *streamShards) merge(l listing, whole bool) error {
	if !whole {
		return s.apply(l.shards, nil, nil)
	}
	s.merging.Lock()
	defer s.merging.Unlock()
	listed := closedShards(l)
	if err := s.apply(s.changed(l, listed), listed, s.disappeared(listed)); err != nil {
		return err
	}
	s.listedParents = l.parents()
	return nil
}

// changed are the shards of a whole listing that the last one did not show, or
// showed in another state or with other parents. It wants merging held, as
// disappeared does.
func (s *streamShards) changed(l listing, listed map[string]bool) []types.Shard {
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
func (s *streamShards) apply(shards []types.Shard, listed map[string]bool, gone []string) error {
	s.mu.Lock()
	found := s.lineage.Add(shards)
	if err := s.lineage.Check(); err != nil {
		s.mu.Unlock()
		return s.ownAncestor("ListShards", "", err)
	}
	s.place.Later(s.lineage, found)
	if listed != nil {
		s.listed = listed
		s.lineage.Listed()
		s.goneNow = append(s.goneNow, s.goneBefore, gone)
		s.goneBefore = nil
	}
	ready := s.follower.changed(found)
	s.mu.Unlock()
	s.follower.start(ready)
	return nil
}
