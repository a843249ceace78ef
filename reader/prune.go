package reader

import (
	"maps"
	"slices"

	"kin/internal/checkpoint"
	"kin/internal/record"
)

// isFinished says whether nothing depends any more on a shard that the stream
// no longer lists: it was read to its end and that is committed, or it was never
// to be read; each of its children has a position of its own in saved, or is not
// to be read either; and none of its parents is kept. So a shard that is kept
// always keeps its children too.
//
// A run that is restricted to shards and their descendants keeps all of those:
// only through them it knows what descends from the shards that were named.
func (l *lineage) isFinished(id string, saved map[string]checkpoint.Shard) bool {
	s, children := l.shards[id], l.children[id]
	if s == nil || len(children) == 0 || l.inside[id] {
		return false
	}
	at, known := saved[id]
	switch s.state {
	case ended:
		if !known || at.Kind != record.ShardEnd {
			return false
		}
	case outside:
		if known && at.Kind != record.ShardEnd {
			return false
		}
	case waiting, reading, paused:
		return false
	}
	for _, p := range s.parents {
		if _, keptBySaved := saved[p]; keptBySaved || l.shards[p] != nil {
			return false
		}
	}
	for _, child := range children {
		if _, placed := saved[child]; placed {
			continue
		}
		if c := l.shards[child]; c.state != outside || c.left {
			return false
		}
	}
	return true
}

// remove forgets a shard. Its ID stays known for as long as one of its children
// is.
func (l *lineage) remove(id string) {
	for _, p := range l.shards[id].parents {
		of := slices.DeleteFunc(l.children[p], func(child string) bool { return child == id })
		if l.children[p] = of; len(of) == 0 {
			delete(l.children, p)
			delete(l.past, p)
		}
	}
	if len(l.children[id]) > 0 {
		l.past[id] = true
	}
	delete(l.shards, id)
	delete(l.parentsByAnswers, id)
	delete(l.parentsByCheckpoint, id)
	l.backward = slices.DeleteFunc(l.backward, func(b string) bool { return b == id })
}

// dropPast takes those out of new shards, which are in the lineage without its
// indexes yet, that are past, and those that they descend from: an old listing
// shows what was pruned.
func (l *lineage) dropPast(found []*shard) []*shard {
	isNew := map[string]bool{}
	var old []string
	for _, s := range found {
		isNew[s.id] = true
		if l.past[s.id] {
			old = append(old, s.id)
		}
	}
	if len(old) == 0 {
		return found
	}
	for len(old) > 0 {
		id := old[len(old)-1]
		old = old[:len(old)-1]
		if isNew[id] {
			isNew[id] = false
			old = append(old, l.shards[id].parents...)
			delete(l.shards, id)
		}
	}
	return slices.DeleteFunc(found, func(s *shard) bool { return !isNew[s.id] })
}

// expectPast notes the parents of saved shards that are neither saved nor listed
// at the start of a run. Their children have positions of their own.
func (l *lineage) expectPast(saved map[string]checkpoint.Shard) {
	for id := range saved {
		s := l.shards[id]
		if s == nil {
			continue
		}
		for _, p := range s.parents {
			if l.shards[p] == nil {
				l.past[p] = true
			}
		}
	}
}

// pruneStep is how many shards are looked at while the run's lock is held.
const pruneStep = 256

// prune forgets shards that are finished, in the lineage and in saved, and
// returns their IDs. It looks at the shards that listings no longer show, once
// after each whole listing. It is for the goroutine that owns saved.
func (s *streamRun) prune(saved map[string]checkpoint.Shard) (removed []string) {
	ids := slices.Concat(s.takeGone()...)
	slices.Sort(ids) // parents first: a child is kept while one of them is
	for some := range slices.Chunk(ids, pruneStep) {
		removed = append(removed, s.pruneSome(some, saved)...)
	}
	return removed
}

// takeGone returns the shards that may be finished; nothing when there has been
// no whole listing since it was called last.
func (s *streamRun) takeGone() [][]string {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	ids := s.goneNow
	s.goneNow = nil
	return ids
}

// pruneSome is prune for a portion. What is not finished yet is looked at again
// after the next whole listing.
func (s *streamRun) pruneSome(ids []string, saved map[string]checkpoint.Shard) (removed []string) {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	for _, id := range ids {
		if _, again := s.listed[id]; again || s.lineage.shards[id] == nil {
			continue
		}
		if !s.lineage.isFinished(id, saved) {
			s.goneBefore = append(s.goneBefore, id)
			continue
		}
		s.lineage.remove(id)
		delete(saved, id)
		removed = append(removed, id)
	}
	return removed
}

// unlistedAtStart are the known shards that the first listing of a run does not
// show.
func (s *streamRun) unlistedAtStart() []string {
	var ids []string
	for id := range maps.Keys(s.lineage.shards) {
		if _, listed := s.listed[id]; !listed {
			ids = append(ids, id)
		}
	}
	return ids
}
