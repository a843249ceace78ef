package reader

import (
	"sync"
	"time"
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

// Observation is the progress of a run after each batch, and each
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

// Summarize makes the three figures of one stream out of the lags of its shards.
func Summarize(stream string, lags []Lag) StreamLag {
	f := StreamLag{Stream: stream}
	for _, lag := range lags {
		f.count(lag.MillisBehindLatest)
	}
	f.finish()
	return f
}

// count takes in the lag of one shard, in milliseconds. Until finish, Avg is
// their sum.
func (f *StreamLag) count(lag int64) {
	if f.Shards == 0 {
		f.Min = lag
	}
	f.Shards++
	f.Avg += float64(lag)
	f.Max = max(f.Max, lag)
	f.Min = min(f.Min, lag)
}

func (f *StreamLag) finish() {
	if f.Shards > 0 {
		f.Avg /= float64(f.Shards)
	}
}

// lister has the lags of all shards, and the longest of them.
type lister interface{ list() ([]Lag, time.Duration) }

// progress is a run's Progress, written by its goroutines and read by others.
type progress struct {
	mu sync.Mutex
	p  Progress
	// statuses have the lags while the run goes on; nil before and after.
	statuses lister
}

func (p *progress) get() (Progress, lister) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.p, p.statuses
}

// begin says where the lags are while the run goes on.
func (p *progress) begin(statuses lister) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.statuses = statuses
}

// end keeps the lags as they are at the end of the run.
func (p *progress) end(statuses lister) {
	lags, longest := statuses.list()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.p.Lags, p.p.Behind, p.statuses = lags, longest, nil
}

func (p *progress) throttled() { p.add(func(p *Progress) { p.Throttles++ }) }
func (p *progress) retried()   { p.add(func(p *Progress) { p.Retries++ }) }

func (p *progress) add(change func(*Progress)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.p)
}
