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
	"kin/internal/lineage"
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
		closed[aws.ToString(shard.ShardId)] = lineage.IsClosed(shard)
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
		if was, known := s.listed[id]; !known || was != listed[id] || s.listedParents != nil && s.listedParents[id] != lineage.ListedParents(shard) {
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
	found := s.lineage.Add(shards)
	if err := s.lineage.Check(); err != nil {
		s.run.mu.Unlock()
		return s.ownAncestor("ListShards", "", err)
	}
	s.place.Later(s.lineage, found)
	s.report(found)
	if listed != nil {
		s.listed = listed
		s.lineage.Listed()
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
func (s *streamRun) ended(ctx context.Context, parent *lineage.Shard, children []types.ChildShard) error {
	s.run.mu.Lock()
	found, err := s.lineage.AddChildren(parent.ID, children)
	if err != nil {
		s.run.mu.Unlock()
		return s.ownAncestor("", parent.ID, err)
	}
	s.place.Later(s.lineage, found)
	s.report(found)
	s.lineage.Settle(parent, lineage.Ended)
	orphan := slices.ContainsFunc(found, func(c *lineage.Shard) bool { return c.Unlisted })
	ready := s.markReady()
	s.run.mu.Unlock()
	s.start(ready)
	s.run.o.Chat(endMessage(s.ref.Name, parent.ID, children))
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
	var id lineage.OwnAncestorError
	var withCheckpoint lineage.CheckpointCycleError
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

// checkpointCycle is the error for a checkpoint that forms a cycle together with an
// answer of the service.
func checkpointCycle(stream, answer, id string) error {
	return &CheckpointError{Stream: stream, Reason: fmt.Sprintf("together with %s, it makes shard %s of stream %s its own ancestor", answer, id, stream),
		next: "the file was changed, or is another stream's: restore it from a copy, or start from scratch with another file"}
}

// markReady marks the shards that may be read as being read, and returns them.
// It wants the run's lock held, as report does.
func (s *streamRun) markReady() []*lineage.Shard {
	if s.run.looking {
		return nil
	}
	ready := s.lineage.Ready()
	for _, shard := range ready {
		shard.State = lineage.Reading
	}
	s.run.reading += len(ready)
	s.run.unheard += len(ready)
	return ready
}

// report leaves new shards to the collector.
func (s *streamRun) report(found []*lineage.Shard) {
	if s.run.looking {
		return
	}
	for _, shard := range found {
		switch {
		case shard.Left:
			s.left = append(s.left, shard)
		case shard.State == lineage.Waiting:
			s.found = append(s.found, shard)
		}
	}
}

// start starts the goroutines of shards that were marked.
func (s *streamRun) start(ready []*lineage.Shard) {
	for _, shard := range ready {
		s.run.group.Go(func() error { return s.read(s.run.ctx, shard) })
	}
}

// wasHeard notes that a shard has answered for the first time.
func (s *streamRun) wasHeard() {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	s.run.unheard--
	s.run.answered = true
}

// paused takes in that a bound was reached inside a shard.
func (s *streamRun) paused(shard *lineage.Shard) {
	s.run.mu.Lock()
	shard.State = lineage.Paused
	s.run.mu.Unlock()
	s.run.finished()
}

func (s *streamRun) lastID() string {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	return s.lineage.Last
}

// isClosed says whether the shard takes no more records, as far as is known.
func (s *streamRun) isClosed(shard *lineage.Shard) bool {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	return shard.Closed
}

// isOpen says whether the last listing shows the shard as taking records.
func (s *streamRun) isOpen(id string) bool {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	_, listed := s.listed[id]
	shard := s.lineage.Shards[id]
	return listed && shard != nil && !shard.Closed
}

// hasSeenEnd reports whether a listing of this run shows that the shard takes no
// more records: it shows the shard as closed, or one of the children as its child.
func (s *streamRun) hasSeenEnd(id string, children []types.ChildShard) bool {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	if shard := s.lineage.Shards[id]; shard != nil && shard.Closed {
		return true
	}
	return slices.ContainsFunc(children, func(c types.ChildShard) bool {
		child := s.lineage.Shards[aws.ToString(c.ShardId)]
		return child != nil && slices.Contains(child.ListedParents, id)
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
func (s *streamRun) takeFound() []*lineage.Shard {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	found := s.found
	s.found = nil
	return found
}

// takeLeft is takeFound for the shards that this run leaves to another one.
func (s *streamRun) takeLeft() []*lineage.Shard {
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
		if _, known := saved[shard.ID]; !known {
			saved[shard.ID] = shard.At
			kept = append(kept, shard.ID)
		}
	}
	return kept
}

// begins says where the stream's run begins, in words.
func (s *streamRun) begins() string {
	if s.place.Saved != nil {
		return "the checkpoint"
	}
	return s.place.Initial.String()
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
