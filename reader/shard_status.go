package reader

import (
	"container/list"
	"sync"
	"sync/atomic"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
)

// shardStatus is what a run knows, of the blocks that it took, about one shard
// that is to be read.
type shardStatus struct {
	*lineage.Shard

	answered bool // a block was taken; what follows is about the last one
	at       time.Time
	tip      bool
	last     bool // no block follows
	// behind is MillisBehindLatest.
	behind int64
	// ended is, of a shard that has ended, since when its children may hold
	// what nobody has read; zero where that is not known.
	ended    time.Time
	hasEnded bool
	removed  atomic.Bool // it was pruned

	element *list.Element // of answering; nil when it is not in there
	lag     shardLag
}

// shardStatuses are the statuses of all shards of a run that are to be read, and
// the figures that a batch is released by, which are kept up as blocks are taken.
type shardStatuses struct {
	run     *run
	streams map[string]*streamStatuses
	ordered []*streamStatuses // as the run has them

	mu        sync.Mutex // guards what follows, and what of the streams and shards is no lag
	answering list.List  // *shardStatus with a block, and another to come; the longest silent first
	behind    int        // of those, the ones that were not at their tips

	lags lagPass
}

// streamStatuses are those of one stream.
type streamStatuses struct {
	run    *streamRun
	saved  *checkpoint.Stream // what is committed; the collector's own
	shards map[string]*shardStatus
	// Since the last pass over the lags.
	fresh  []*shardStatus
	pruned bool

	sorted []*shardStatus // of the last pass
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

// learn takes over the shards that were found since it was called last. It wants
// the lock held, so that nobody misses what another goroutine takes over.
func (s *streamStatuses) learn() {
	for _, shard := range s.run.takeFound() {
		status := &shardStatus{Shard: shard}
		s.shards[shard.ID] = status
		s.fresh = append(s.fresh, status)
	}
}

// take takes in a block.
func (a *shardStatuses) take(b *Block, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	stream := a.streams[b.Stream]
	if stream.shards[b.ShardID] == nil {
		stream.learn() // it was found before its block came
	}
	s := stream.shards[b.ShardID]
	if b.end {
		s.ended, s.hasEnded = a.endedSince(s, b, now), true
	}
	a.leave(s)
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

// endedSince is since when the children of a shard whose end has come may hold
// records: since the shard was last seen to be open, for one that was read at its
// tip, else since its last record arrived.
func (a *shardStatuses) endedSince(s *shardStatus, b *Block, now time.Time) time.Time {
	if arrived := b.after.LastArrival.Time; s.tip && now.Sub(s.at) <= a.run.silence() {
		return s.at
	} else if !arrived.IsZero() {
		return now.Add(arrived.Sub(a.run.now()))
	}
	return time.Time{}
}

// leave takes a shard out of those that may still answer. It wants the lock
// held.
func (a *shardStatuses) leave(s *shardStatus) {
	if s.element == nil {
		return
	}
	a.answering.Remove(s.element)
	s.element = nil
	if !s.tip {
		a.behind--
	}
}

// atTip says whether so many shards have answered, and all that may answer again
// were at their tips when they did so last.
func (a *shardStatuses) atTip(shards int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.behind == 0 && a.answering.Len() >= shards
}

// silence is for how long the shard that has said nothing for longest, of those
// that have answered and may do so again, has been silent.
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
	s.learn()
	for _, id := range ids {
		if status := s.shards[id]; status != nil {
			a.leave(status)
			status.removed.Store(true)
			s.pruned = true
			delete(s.shards, id)
		}
	}
}

// lagPass is what one pass over the lags of all shards needs. Passes wait for
// each other; nobody else waits for one for longer than a portion takes.
type lagPass struct {
	mu     sync.Mutex // guards what follows, and sorted and lag of streams and shards
	round  int
	visits int // of shards, in all passes
	most   int // steps that a portion has made
}

// shardLag is the lag of a shard as the pass of a round has computed it.
type shardLag struct {
	round  int
	behind time.Duration
	known  bool
}
