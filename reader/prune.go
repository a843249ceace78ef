package reader

import (
	"maps"
	"slices"

	"kin/internal/checkpoint"
)

// pruneStep is how many shards are looked at while the run's lock is held.
const pruneStep = 256

// prune forgets shards that are finished, in the lineage and in saved, and
// returns their IDs. It looks at the shards that listings no longer show, once
// after each whole listing. It is for the goroutine that owns saved.
func (s *streamShards) prune(saved map[string]checkpoint.Shard) (removed []string) {
	ids := slices.Concat(s.takeGone()...)
	slices.Sort(ids) // parents first: a child is kept while one of them is
	for some := range slices.Chunk(ids, pruneStep) {
		removed = append(removed, s.pruneSome(some, saved)...)
	}
	return removed
}

// takeGone returns the shards that may be finished; nothing when there has been
// no whole listing since it was called last.
func (s *streamShards) takeGone() [][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := s.goneNow
	s.goneNow = nil
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
			s.goneBefore = append(s.goneBefore, id)
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
