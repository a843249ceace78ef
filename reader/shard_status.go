package reader

import (
	"container/list"
	"sync"
	"sync/atomic"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
)

// shardStatus is what the collector knows about one shard to read, from the blocks that
// it took.
type shardStatus struct {
	*lineage.Shard

	answered bool // a block was taken; the following is about the last one
	at       time.Time
	tip      bool
	last     bool // no block follows
	// behind is MillisBehindLatest.
	behind int64
	// ended is since when the children of a shard that has ended may have unread records; zero if
	// not known.
	ended    time.Time
	hasEnded bool
	removed  atomic.Bool // it was pruned

	element *list.Element // in answering; nil if it is not there
	lag     shardLag
}

// shardStatuses are the statuses of all shards that a run is to read. Its counters decide
// when a batch is flushed; they are updated with each block.
type shardStatuses struct {
	run     *run
	streams map[string]*streamStatuses
	ordered []*streamStatuses // in the run's order

	mu        sync.Mutex // guards the following, and all fields of streams and shards except the lags
	answering list.List  // *shardStatus with a block, and another to come; the longest silent first
	behind    int        // shards among them that were not at their tips

	lags lagPass
}

// streamStatuses are the statuses of the shards of one stream.
type streamStatuses struct {
	run    *streamRun
	saved  *checkpoint.Stream // the committed positions; owned by the collector
	shards map[string]*shardStatus
	// Changes since the last pass over the lags.
	added  []*shardStatus
	pruned bool

	sorted []*shardStatus // by the last pass
}

func newShardStatuses(r *run) *shardStatuses {
	a := &shardStatuses{run: r, streams: map[string]*streamStatuses{}}
	for _, s := range r.streams {
		of := &streamStatuses{run: s, saved: r.file.Find(s.ref.Name), shards: map[string]*shardStatus{}}
		a.streams[s.ref.Name] = of
		a.ordered = append(a.ordered, of)
	}
	return a
}

// addFound adds the shards that were found since its last call. The caller holds the lock, so that
// no goroutine misses shards that another one adds.
func (s *streamStatuses) addFound() {
	for _, shard := range s.run.takeFound() {
		status := &shardStatus{Shard: shard}
		s.shards[shard.ID] = status
		s.added = append(s.added, status)
	}
}

// update updates the statuses with a block.
func (a *shardStatuses) update(b *Block, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	stream := a.streams[b.Stream]
	if stream.shards[b.ShardID] == nil {
		stream.addFound() // it was found before its block came
	}
	s := stream.shards[b.ShardID]
	if b.end {
		s.ended, s.hasEnded = a.endedSince(s, b, now), true
	}
	a.stopAnswering(s)
	s.answered, s.at, s.last = true, now, b.last
	s.tip = !b.more && (b.behind == nil || *b.behind == 0)
	if b.behind != nil {
		s.behind = *b.behind
	}
	if s.last {
		return
	}
	s.element = a.answering.PushBack(s)
	if !s.tip {
		a.behind++
	}
}

// endedSince is since when the children of an ended shard may have records. If the shard was at its
// tip, that is when it was last seen open; else it is when its last record arrived.
func (a *shardStatuses) endedSince(s *shardStatus, b *Block, now time.Time) time.Time {
	if arrived := b.after.LastArrival.Time; s.tip && now.Sub(s.at) <= a.run.silence() {
		return s.at
	} else if !arrived.IsZero() {
		return now.Add(arrived.Sub(a.run.now()))
	}
	return time.Time{}
}

// stopAnswering removes a shard from those that may still answer. The caller holds the lock.
func (a *shardStatuses) stopAnswering(s *shardStatus) {
	if s.element == nil {
		return
	}
	a.answering.Remove(s.element)
	s.element = nil
	if !s.tip {
		a.behind--
	}
}

// atTip reports whether at least that many shards have answered, and all that may answer again were
// at their tips in their last answer.
func (a *shardStatuses) atTip(shards int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.behind == 0 && a.answering.Len() >= shards
}

// silence is the longest time without an answer, of the shards that have answered and may answer
// again.
func (a *shardStatuses) silence(now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	first := a.answering.Front()
	if first == nil {
		return 0
	}
	return now.Sub(first.Value.(*shardStatus).at)
}

// forget drops the statuses of shards that were pruned.
func (a *shardStatuses) forget(s *streamStatuses, ids []string) {
	if len(ids) == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s.addFound()
	for _, id := range ids {
		if status := s.shards[id]; status != nil {
			a.stopAnswering(status)
			status.removed.Store(true)
			s.pruned = true
			delete(s.shards, id)
		}
	}
}

// lagPass is the state of the passes over the lags of all shards. Passes wait for each other. Other
// goroutines wait at most for one portion.
type lagPass struct {
	mu       sync.Mutex // guards the following, and sorted and lag of streams and shards
	round    int
	visits   int // of shards, in all passes
	maxSteps int // largest number of steps of a portion
}

// shardLag is the lag of a shard, as computed in the pass of a round.
type shardLag struct {
	round  int
	behind time.Duration
	known  bool
}
