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

// running is what the goroutines of a run have in common.
type running struct {
	*session
	ctx   context.Context // of all of them
	group *errgroup.Group
	buf   *buffer

	// The session's lock guards the following.
	reading    int  // shards that a goroutine reads
	unanswered int  // of those, the ones that have not answered
	answered   bool // a shard gave a usable answer
	doubts     []doubt
}

// finished notes that a shard's goroutine has nothing left to do.
func (r *running) finished() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reading--
	r.checkComplete()
}

// checkComplete closes the buffer when a bounded run has nothing left to
// fetch. It wants the lock held.
func (r *running) checkComplete() {
	if r.o.bounded() && r.reading == 0 {
		r.buf.close() // no shard waits: changed counts a shard as soon as it may be read
	}
}

// openShards returns how many shards are being read.
func (r *running) openShards() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reading
}

// streamRun is one stream of a run. The session's lock guards the fields that are
// called guarded.
type streamRun struct {
	delivery
	run *running
	// What the collector has to take over, guarded: shards that were found and
	// are to be read, and those that were found and are left to another run.
	found, left []*lineage.Shard
	leftOut     int64 // records of aggregates that the filter dropped
	rekeyed     int64 // records of aggregates whose keys cannot be used
}

// source is what delivers a shard.
func (s *streamRun) source(a *Assignment) Source {
	if s.o.Source != nil {
		return s.o.Source(a)
	}
	return newPolling(a)
}

// read fetches one shard to its end, or to the bound.
func (s *streamRun) read(ctx context.Context, shard *lineage.Shard) error {
	s.log.Debug("shard opened", "stream", s.ref.Name, "shard", shard.ID, "position", describe(shard.At))
	a := newAssignment(s.Stream, shard.ID, shard.At)
	defer a.leave(ctx)
	source := s.source(a)
	defer source.Close()
	at, before := shard.At, shard.At // before: before the last answer with records
	late, answered := late{}, false
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
		if found.back {
			s.buf.Return(resp.Taken)
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
		case at.Kind == record.ShardEnd: // its last block is in the buffer, ahead of its children's
			return s.ended(ctx, shard, resp.Children)
		case found.done:
			s.paused(shard)
			return nil
		}
	}
}

// changed queues new shards for the collector. It returns the shards that may be read
// now, and marks them as being read. It wants the lock held.
func (s *streamRun) changed(found []*lineage.Shard) (ready []*lineage.Shard) {
	for _, shard := range found {
		switch {
		case shard.Left:
			s.left = append(s.left, shard)
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

// hasAnswered notes that a shard has answered for the first time.
func (s *streamRun) hasAnswered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.run.unanswered--
	s.run.answered = true
}

// ended is called when a shard's last block is in the buffer. From then on its
// children may be read.
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
		// A child has a parent that is not known yet. It waits for that parent, which a
		// listing shows.
		if err := s.refresh(ctx); err != nil {
			return err
		}
	}
	s.run.finished()
	return nil
}

// paused notes that a bound was reached inside a shard.
func (s *streamRun) paused(shard *lineage.Shard) {
	s.mu.Lock()
	shard.State = lineage.Paused
	s.mu.Unlock()
	s.run.finished()
}

// takeFound returns the shards to read that were found since its last call.
func (s *streamRun) takeFound() []*lineage.Shard {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.found
	s.found = nil
	return found
}

// takeLeft returns the shards that were found since its last call and that another
// run reads.
func (s *streamRun) takeLeft() []*lineage.Shard {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := s.left
	s.left = nil
	return left
}

// keepLeft adds the positions of the shards that another run reads to the saved
// positions. It returns their IDs.
func (s *streamRun) keepLeft(saved map[string]checkpoint.Shard) (kept []string) {
	for _, shard := range s.takeLeft() {
		if _, known := saved[shard.ID]; !known {
			saved[shard.ID] = shard.At
			kept = append(kept, shard.ID)
		}
	}
	return kept
}

// wholeListEvery is how often a look for new shards lists all of them; in
// between, only those with higher IDs than any known are asked for.
const wholeListEvery = time.Minute

// discover looks for new shards until the context ends.
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
		l, err := s.listPatiently(ctx, 0, after, nil)
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
