package lineage

import (
	"slices"

	"kin/internal/record"
)

// IsFinished says whether nothing depends any more on a shard that the stream
// no longer lists: it was read to its end and that is committed, or it was never
// to be read; each of its children has a position of its own in saved, or is not
// to be read either; and none of its parents is kept. So a shard that is kept
// always keeps its children too.
//
// A run that is restricted to shards and their descendants keeps all of those:
// only through them it knows what descends from the shards that were named.
func (t *Tree) IsFinished(id string, saved map[string]record.ShardPosition) bool {
	s, children := t.Shards[id], t.children[id]
	if s == nil || len(children) == 0 || t.inside[id] {
		return false
	}
	at, known := saved[id]
	switch s.State {
	case Ended:
		if !known || at.Kind != record.ShardEnd {
			return false
		}
	case Outside:
		if known && at.Kind != record.ShardEnd {
			return false
		}
	case Waiting, Reading, Paused:
		return false
	}
	for _, p := range s.Parents {
		if _, keptBySaved := saved[p]; keptBySaved || t.Shards[p] != nil {
			return false
		}
	}
	for _, child := range children {
		if _, hasPosition := saved[child]; hasPosition {
			continue
		}
		if c := t.Shards[child]; c.State != Outside || c.Left {
			return false
		}
	}
	return true
}

// Remove forgets a shard. Its ID stays known for as long as one of its children
// is.
func (t *Tree) Remove(id string) {
	for _, p := range t.Shards[id].Parents {
		of := slices.DeleteFunc(t.children[p], func(child string) bool { return child == id })
		if t.children[p] = of; len(of) == 0 {
			delete(t.children, p)
			delete(t.past, p)
		}
	}
	if len(t.children[id]) > 0 {
		t.past[id] = true
	}
	delete(t.Shards, id)
	delete(t.parentsByAnswers, id)
	delete(t.parentsByCheckpoint, id)
	t.backward = slices.DeleteFunc(t.backward, func(b string) bool { return b == id })
}

// dropPast takes those out of new shards, which are in the lineage without its
// indexes yet, that are past, and those that they descend from: an old listing
// shows what was pruned.
func dropPast(t *Tree, found []*Shard) []*Shard {
	isNew := map[string]bool{}
	var old []string
	for _, s := range found {
		isNew[s.ID] = true
		if t.past[s.ID] {
			old = append(old, s.ID)
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
			old = append(old, t.Shards[id].Parents...)
			delete(t.Shards, id)
		}
	}
	return slices.DeleteFunc(found, func(s *Shard) bool { return !isNew[s.ID] })
}

// expectPast notes the parents of saved shards that are neither saved nor listed
// at the start of a run. Their children have positions of their own.
func expectPast(t *Tree, saved map[string]record.ShardPosition) {
	for id := range saved {
		s := t.Shards[id]
		if s == nil {
			continue
		}
		for _, p := range s.Parents {
			if t.Shards[p] == nil {
				t.past[p] = true
			}
		}
	}
}
