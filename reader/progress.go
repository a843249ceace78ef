package reader

import (
	"sync"
	"time"
)

// Progress is what a run has done so far. Records, Bytes and Batches count what was written.
type Progress struct {
	Records, Bytes, Batches int64
	Throttles               int64 // fetches that exceeded a shard's read limit
	Retries                 int64 // fetches that failed for another reason and were retried
	Dropped                 int64 // records of aggregates that the hash filter dropped
	Behind                  time.Duration
	Shards                  int   // being read
	Lags                    []Lag // of the shards that are read or wait for their parents
}

// Lag is how far one shard is behind its tip. A shard that waits for its parents has the largest
// lag of a parent: its records are newer than theirs.
type Lag struct {
	Stream, ShardID    string
	MillisBehindLatest int64
}

// Observation is the progress of a run. There is one after each batch, and one each
// MaxFetchDuration without a batch.
type Observation struct {
	QueryID string
	// Time is the service's clock, as estimated by this process.
	Time    time.Time
	BatchID int64 // of the batch, or of the next one
	Records int   // of the batch; 0 without one
	// Rate is Records per second since the last observation.
	Rate    float64
	Streams []StreamLag
}

// StreamLag summarizes the lags of the shards of one stream: those that are read and those that
// wait for their parents. Shards is how many of them have a lag. If it is 0, the figures have no
// meaning.
type StreamLag struct {
	Stream   string
	Shards   int
	Avg      float64 // milliseconds, as the others
	Max, Min int64
}

// Summarize computes the three figures of one stream from the lags of its shards.
func Summarize(stream string, lags []Lag) StreamLag {
	f := StreamLag{Stream: stream}
	for _, lag := range lags {
		f.count(lag.MillisBehindLatest)
	}
	f.finish()
	return f
}

// count adds the lag of one shard, in milliseconds. Until finish, Avg is the sum.
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

// lister lists the lags of all shards, and the largest of them.
type lister interface{ list() ([]Lag, time.Duration) }

// progress is a run's Progress. The run's goroutines write it and others read it.
type progress struct {
	mu sync.Mutex // guards the following
	p  Progress
	// statuses have the lags during the run; nil before and after.
	statuses lister
}

func (p *progress) get() (Progress, lister) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.p, p.statuses
}

// begin sets where the lags are during the run.
func (p *progress) begin(statuses lister) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.statuses = statuses
}

// end stores the lags at the end of the run.
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
