package reader

import (
	"sync"
	"time"

	"kin/internal/checkpoint"
)

// Progress is what a run has done so far. Records and Bytes count what was
// written, the others what happened.
type Progress struct {
	Records, Bytes, Batches int64
	Throttles               int64 // fetches that met a shard's read limit
	Retries                 int64 // fetches that failed otherwise and were tried again
	LeftOut                 int64 // records of aggregates that the hash filter dropped
	Behind                  time.Duration
	Shards                  int   // being read
	Lags                    []Lag // of the shards that are read or wait for their parents
}

// Lag is how far one shard is behind its tip. A shard that waits for its
// parents is as far behind as the parent that is furthest: what it holds is
// younger than what they still hold.
type Lag struct {
	Stream, ShardID    string
	MillisBehindLatest int64
}

// Observation is what a run tells of itself after each batch, and each
// MaxFetchDuration without one.
type Observation struct {
	QueryID string
	// Time is the service's clock, carried on by this process's.
	Time    time.Time
	BatchID int64 // of the batch, or of the next one
	Records int   // of the batch; 0 without one
	// Rate is Records over the time since the observation before, a second.
	Rate    float64
	Streams []StreamLag
}

// StreamLag is how far the shards of one stream are behind: those that are
// read and those that wait for their parents. Shards is how many of them have
// said; without one the figures mean nothing.
type StreamLag struct {
	Stream   string
	Shards   int
	Avg      float64 // milliseconds, as the others
	Max, Min int64
}

// progress is a run's Progress, written by its goroutines and read by others.
type progress struct {
	mu sync.Mutex
	p  Progress
}

// Progress returns what the run has done so far. It may be called from any
// goroutine.
func (r *Reader) Progress() Progress {
	r.progress.mu.Lock()
	defer r.progress.mu.Unlock()
	return r.progress.p // Lags is replaced, never changed
}

func (p *progress) throttled() { p.add(func(p *Progress) { p.Throttles++ }) }
func (p *progress) retried()   { p.add(func(p *Progress) { p.Retries++ }) }

func (p *progress) add(change func(*Progress)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.p)
}

// lags returns the lag of every shard that has a figure, by stream in the
// run's order and by shard ID. known holds what the shards said last.
func (r *run) lags(known map[shardKey]*standing) []Lag {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []Lag
	for _, s := range r.streams {
		for _, shard := range s.lineage.sorted() {
			if shard.state != reading && shard.state != waiting {
				continue
			}
			if behind, ok := s.lag(shard, known); ok {
				all = append(all, Lag{s.ref.name, shard.id, behind.Milliseconds()})
			}
		}
	}
	return all
}

// lag is how far a shard is behind: what it said last, and what has passed since
// when it has said nothing for longer than is usual. Until it has said anything,
// it is as far as its parents, or as what may have come since they ended; and
// without parents, as what came since it was read last, or since the time where
// its reading begins. It wants the run's lock held.
func (s *streamRun) lag(shard *shard, known map[shardKey]*standing) (behind time.Duration, ok bool) {
	if said := known[shardKey{s.ref.name, shard.id}]; said != nil {
		late := time.Since(said.at) - s.run.silence()
		return time.Duration(said.behind)*time.Millisecond + max(0, late), true
	}
	for _, id := range shard.parents {
		parent := s.lineage.shards[id]
		if parent == nil {
			continue
		}
		b, told := s.lag(parent, known)
		if said := known[shardKey{s.ref.name, id}]; said != nil && parent.state == ended {
			b, told = time.Since(said.ended), !said.ended.IsZero()
		}
		if told {
			behind, ok = max(behind, b), true
		}
	}
	if ok {
		return behind, true
	}
	since := shard.at.ReadThrough
	if since.IsZero() && shard.at.Position == checkpoint.AtTimestamp {
		since = shard.at.Timestamp
	}
	if !since.IsZero() {
		return max(0, s.run.clock.Add(time.Since(s.run.local)).Sub(since.Time)), true
	}
	return 0, false
}

// summarize makes the connector's three figures out of the lags of shards.
func (r *run) summarize(lags []Lag) []StreamLag {
	figures := make([]StreamLag, len(r.streams))
	for i, s := range r.streams {
		figures[i] = summarize(s.ref.name, lags)
	}
	return figures
}

// summarize makes the three figures of one stream.
func summarize(stream string, lags []Lag) StreamLag {
	f := StreamLag{Stream: stream}
	sum := 0.0
	for _, lag := range lags {
		if lag.Stream != stream {
			continue
		}
		if f.Shards == 0 {
			f.Min = lag.MillisBehindLatest
		}
		f.Shards++
		sum += float64(lag.MillisBehindLatest)
		f.Max = max(f.Max, lag.MillisBehindLatest)
		f.Min = min(f.Min, lag.MillisBehindLatest)
	}
	if f.Shards > 0 {
		f.Avg = sum / float64(f.Shards)
	}
	return f
}
