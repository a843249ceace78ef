package reader

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"golang.org/x/sync/errgroup"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/internal/record"
)

// runState is the state that the goroutines of a run share.
type runState struct {
	*session
	ctx   context.Context // of all goroutines of the run
	group *errgroup.Group
	buf   *buffer

	// The session's lock guards the following.
	reading    int  // shards that a goroutine reads
	unanswered int  // shards among them without an answer yet
	answered   bool // a shard gave a usable answer
	doubts     []doubt
}

// finished records that a shard's goroutine has nothing left to do.
func (r *runState) finished() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reading--
	r.checkComplete()
}

// checkComplete closes the buffer when a bounded run has nothing left to fetch. The caller holds
// the lock.
func (r *runState) checkComplete() {
	if r.o.bounded() && r.reading == 0 {
		r.buf.close() // no shard waits: changed counts a shard as soon as it may be read
	}
}

// openShards returns how many shards are being read.
func (r *runState) openShards() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reading
}

// streamRun is one stream of a run. The session's lock guards the fields marked as guarded.
type streamRun struct {
	delivery
	run *runState
	// New shards that the collector has not taken yet, guarded: those that this run reads, and
	// those that another run reads.
	found, notOwned []*lineage.Shard
	dropped         int64 // records of aggregates that the hash filter dropped
	rekeyed         int64 // records of aggregates whose own keys are not usable
}

// source makes the source of a shard.
func (s *streamRun) source(a *Assignment) Source {
	if s.o.Source != nil {
		return s.o.Source(a)
	}
	return newPolling(a)
}

// read fetches one shard up to its end or up to the bound.
func (s *streamRun) read(ctx context.Context, shard *lineage.Shard) error {
	s.log.Debug("shard opened", "stream", s.ref.Name, "shard", shard.ID, "position", describe(shard.At))
	a := newAssignment(s.Stream, shard.ID, shard.At)
	defer a.end(ctx)
	source := s.source(a)
	defer source.Close()
	at, before := shard.At, shard.At // before is the position before the last answer with records
	late, answered := lateRecords{}, false
	defer func() { s.run.note(a, at, before) }()
	for {
		resp, err := source.Next(ctx, s.buf)
		if err != nil {
			return err
		}
		if err := guardLive(ctx, s.Stream, shard.ID, at, resp); err != nil {
			return err
		}
		if resp.latest = resp.ServerTime; resp.latest.IsZero() {
			resp.latest = s.dates.Now()
		}
		found := s.cut(&late, shard, resp)
		if found.rewind {
			s.buf.Release(resp.Reserved)
			source.Rewind(at)
			continue
		}
		if found.records > 0 {
			before = at
		}
		if at, err = s.deliver(ctx, shard, resp, at, found); err != nil {
			return err
		}
		if !answered {
			answered = true
			s.hasAnswered()
		}
		switch {
		case at.Kind == record.ShardEnd: // the shard's last block is in the buffer, before the blocks of its children
			return s.ended(ctx, shard, resp.Children)
		case found.done:
			s.paused(shard)
			return nil
		}
	}
}

// changed queues new shards for the collector. It returns the shards that may be read now, and
// marks them as being read. The caller holds the lock.
func (s *streamRun) changed(found []*lineage.Shard) (ready []*lineage.Shard) {
	for _, shard := range found {
		switch {
		case shard.NotOwned:
			s.notOwned = append(s.notOwned, shard)
		case shard.State == lineage.Waiting:
			s.found = append(s.found, shard)
		}
	}
	ready = s.lineage.Ready()
	for _, shard := range ready {
		shard.State = lineage.Reading
	}
	s.run.reading += len(ready)
	s.run.unanswered += len(ready)
	return ready
}

// start starts a goroutine for each shard that changed returned.
func (s *streamRun) start(ready []*lineage.Shard) {
	for _, shard := range ready {
		s.run.group.Go(func() error { return s.read(s.run.ctx, shard) })
	}
}

// hasAnswered records the first answer of a shard.
func (s *streamRun) hasAnswered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.run.unanswered--
	s.run.answered = true
}

// ended is called when a shard's last block is in the buffer. It makes the shard's children ready.
func (s *streamRun) ended(ctx context.Context, parent *lineage.Shard, children []types.ChildShard) error {
	s.mu.Lock()
	found, err := s.lineage.AddChildren(parent.ID, children)
	if err != nil {
		s.mu.Unlock()
		return s.ownAncestor("", parent.ID, err)
	}
	s.placement.Later(s.lineage, found)
	s.lineage.Settle(parent, lineage.Ended)
	orphan := slices.ContainsFunc(found, func(c *lineage.Shard) bool { return c.Unlisted })
	ready := s.changed(found)
	s.mu.Unlock()
	s.start(ready)
	s.o.Detail(endMessage(s.ref.Name, parent.ID, children))
	if orphan {
		// A child has another parent that is not known yet. It waits for that parent, which a
		// listing shows.
		if err := s.refresh(ctx); err != nil {
			return err
		}
	}
	s.run.finished()
	return nil
}

// paused records that the bound was reached inside a shard.
func (s *streamRun) paused(shard *lineage.Shard) {
	s.mu.Lock()
	shard.State = lineage.Paused
	s.mu.Unlock()
	s.run.finished()
}

// takeFound returns the new shards that this run reads, since its last call.
func (s *streamRun) takeFound() []*lineage.Shard {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.found
	s.found = nil
	return found
}

// takeNotOwned returns the new shards that another run reads, since its last call.
func (s *streamRun) takeNotOwned() []*lineage.Shard {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := s.notOwned
	s.notOwned = nil
	return left
}

// addNotOwned adds the positions of the shards that another run reads to the saved positions. It
// returns their IDs.
func (s *streamRun) addNotOwned(saved map[string]checkpoint.Shard) (kept []string) {
	for _, shard := range s.takeNotOwned() {
		if _, known := saved[shard.ID]; !known {
			saved[shard.ID] = shard.At
			kept = append(kept, shard.ID)
		}
	}
	return kept
}

// wholeListEvery is how often discover lists all shards. Otherwise it lists only the shards with
// higher IDs than any known one.
const wholeListEvery = time.Minute

// discover lists new shards until the context ends.
func (s *streamRun) discover(ctx context.Context) error {
	whole := time.Now()
	for {
		if err := sleepUntil(ctx, time.Now().Add(s.o.ShardFetchInterval)); err != nil {
			return err
		}
		after := s.lastID()
		if time.Since(whole) >= wholeListEvery {
			whole, after = time.Now(), ""
		}
		l, err := s.listWithRetries(ctx, 0, after, nil)
		if err != nil {
			return err
		}
		if err := s.merge(l, after == ""); err != nil {
			return err
		}
	}
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

// doubt is a position that answers still contradict when the run ends.
type doubt struct {
	stream, shard string
	number        string           // its sequence number
	before        checkpoint.Shard // the position before the answer with that number
}

// note stores the position of a shard whose goroutine ends, if an answer has contradicted it.
// before is the position before the last answer with records.
func (r *runState) note(a *Assignment, at, before checkpoint.Shard) {
	if !a.isInDoubt(at) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.doubts = append(r.doubts, doubt{a.s.ref.Name, a.shard, at.SequenceNumber, before})
}
