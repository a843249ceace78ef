package reader

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
)

// What changes a stream's shards while a run goes on: listings, and the ends of
// shards. The run's lock is held over what changes, never over what is there.

// merge takes in a listing and starts what may start. Of a whole listing only
// what differs from the last one is merged.
func (s *streamRun) merge(l listing, whole bool) error {
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

// closedShards is, by shard ID, whether a listing shows a shard as closed.
func closedShards(l listing) map[string]bool {
	closed := make(map[string]bool, len(l.shards))
	for _, shard := range l.shards {
		closed[aws.ToString(shard.ShardId)] = isClosed(shard)
	}
	return closed
}

// changed are the shards of a whole listing that the last one did not show, or
// showed in another state or with other parents. It wants merging held, as
// disappeared does.
func (s *streamRun) changed(l listing, listed map[string]bool) []types.Shard {
	var changed []types.Shard
	for _, shard := range l.shards {
		id := aws.ToString(shard.ShardId)
		if was, known := s.listed[id]; !known || was != listed[id] || s.listedParents != nil && s.listedParents[id] != listedParents(shard) {
			changed = append(changed, shard)
		}
	}
	return changed
}

// disappeared are the shards that the last whole listing showed and this one
// does not.
func (s *streamRun) disappeared(listed map[string]bool) []string {
	var ids []string
	for id := range s.listed {
		if _, still := listed[id]; !still {
			ids = append(ids, id)
		}
	}
	return ids
}

// apply merges shards that were listed. listed is not nil for a whole listing,
// and gone are the shards that it does not show any more.
func (s *streamRun) apply(shards []types.Shard, listed map[string]bool, gone []string) error {
	s.run.mu.Lock()
	found := s.lineage.add(shards)
	if err := s.lineage.check(); err != nil {
		s.run.mu.Unlock()
		return s.ownAncestor("ListShards", "", err)
	}
	s.place.later(s.lineage, found)
	s.report(found)
	if listed != nil {
		s.listed = listed
		s.lineage.listed()
		s.goneNow = append(s.goneNow, s.goneBefore, gone)
		s.goneBefore = nil
	}
	ready := s.markReady()
	s.run.mu.Unlock()
	s.start(ready)
	return nil
}

// ended takes in that a shard's last block is in the buffer: its children may
// follow.
func (s *streamRun) ended(ctx context.Context, parent *shard, children []types.ChildShard) error {
	s.run.mu.Lock()
	found, err := s.lineage.addChildren(parent.id, children)
	if err != nil {
		s.run.mu.Unlock()
		return s.ownAncestor("", parent.id, err)
	}
	s.place.later(s.lineage, found)
	s.report(found)
	s.lineage.settle(parent, ended)
	orphan := slices.ContainsFunc(found, func(c *shard) bool { return c.unlisted })
	ready := s.markReady()
	s.run.mu.Unlock()
	s.start(ready)
	s.run.o.Chat(endMessage(s.ref.Name, parent.id, children))
	if orphan {
		// A child names a parent that nobody has seen: list before it starts.
		if err := s.refresh(ctx); err != nil {
			return err
		}
	}
	s.run.finished()
	return nil
}

// ownAncestor is the error of an answer that makes a shard its own ancestor.
// call is empty where the end of a shard says so.
func (s *streamRun) ownAncestor(call, shard string, err error) error {
	var id ownAncestorError
	var withCheckpoint checkpointCycleError
	switch {
	case errors.As(err, &withCheckpoint) && call == "":
		return checkpointCycle(s.ref.Given, fmt.Sprintf("the end of %s/%s", s.ref.Name, shard), string(withCheckpoint))
	case errors.As(err, &withCheckpoint):
		return checkpointCycle(s.ref.Given, call, string(withCheckpoint))
	case !errors.As(err, &id):
		return err
	}
	return &LineageError{Call: call, Stream: s.ref.Given, Ended: shard, Shard: string(id)}
}

// markReady marks the shards that may be read as being read, and returns them.
// It wants the run's lock held, as report does.
func (s *streamRun) markReady() []*shard {
	if s.run.looking {
		return nil
	}
	ready := s.lineage.ready()
	for _, shard := range ready {
		shard.state = reading
	}
	s.run.reading += len(ready)
	s.run.unheard += len(ready)
	return ready
}

// report leaves new shards to the collector.
func (s *streamRun) report(found []*shard) {
	if s.run.looking {
		return
	}
	for _, shard := range found {
		switch {
		case shard.left:
			s.left = append(s.left, shard)
		case shard.state == waiting:
			s.found = append(s.found, shard)
		}
	}
}

// start starts the goroutines of shards that were marked.
func (s *streamRun) start(ready []*shard) {
	for _, shard := range ready {
		s.run.group.Go(func() error { return s.read(s.run.ctx, shard) })
	}
}

// wasHeard takes in that a shard has said something.
func (s *streamRun) wasHeard(shard *shard) {
	if shard.heard { // which nobody else sets
		return
	}
	shard.heard = true
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	s.run.unheard--
	s.run.answered = true
}

// paused takes in that a bound was reached inside a shard.
func (s *streamRun) paused(shard *shard) {
	s.run.mu.Lock()
	shard.state = paused
	s.run.mu.Unlock()
	s.run.finished()
}

func (s *streamRun) lastID() string {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	return s.lineage.last
}

// isClosed says whether the shard takes no more records, as far as is known.
func (s *streamRun) isClosed(shard *shard) bool {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	return shard.closed
}

// isOpen says whether the last listing shows the shard as taking records.
func (s *streamRun) isOpen(id string) bool {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	_, listed := s.listed[id]
	shard := s.lineage.shards[id]
	return listed && shard != nil && !shard.closed
}

// hasSeenEnd reports whether a listing of this run shows that the shard takes no
// more records: it shows the shard as closed, or one of the children as its child.
func (s *streamRun) hasSeenEnd(id string, children []types.ChildShard) bool {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	if shard := s.lineage.shards[id]; shard != nil && shard.closed {
		return true
	}
	return slices.ContainsFunc(children, func(c types.ChildShard) bool {
		child := s.lineage.shards[aws.ToString(c.ShardId)]
		return child != nil && slices.Contains(child.listedParents, id)
	})
}

func (s *streamRun) isListed(id string) bool {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	_, listed := s.listed[id]
	return listed
}

// takeFound returns the shards to be read that were found since it was called
// last.
func (s *streamRun) takeFound() []*shard {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	found := s.found
	s.found = nil
	return found
}

// takeLeft is takeFound for the shards that this run leaves to another one.
func (s *streamRun) takeLeft() []*shard {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	left := s.left
	s.left = nil
	return left
}

// keepLeft puts the positions of shards that appeared, and that this run leaves
// to another one, into what is saved of the stream. It returns their IDs.
func (s *streamRun) keepLeft(saved map[string]checkpoint.Shard) (kept []string) {
	for _, shard := range s.takeLeft() {
		if _, known := saved[shard.id]; !known {
			saved[shard.id] = shard.at
			kept = append(kept, shard.id)
		}
	}
	return kept
}

// begins says where the stream's run begins, in words.
func (s *streamRun) begins() string {
	if s.place.saved != nil {
		return "the checkpoint"
	}
	return s.place.initial.String()
}

func endMessage(stream, id string, children []types.ChildShard) string {
	ids := make([]string, len(children))
	for i, c := range children {
		ids[i] = aws.ToString(c.ShardId)
	}
	switch len(ids) {
	case 0:
		return fmt.Sprintf("%s/%s ended", stream, id)
	case 1:
		return fmt.Sprintf("%s/%s ended: merged into %s", stream, id, ids[0])
	}
	return fmt.Sprintf("%s/%s ended: split into %s", stream, id, strings.Join(ids, " and "))
}
