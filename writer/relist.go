package writer

import "time"

// relist decides when to list the shards again. One cause is a record that went to another
// shard than predicted. The other is a stream that is being created or deleted, because it
// may be replaced by another stream. The dispatcher's mu guards it.
type relist struct {
	running      bool
	mispredicted relistCause // a record went to another shard than predicted
	inUse        relistCause // an answer reported that the stream is being created or deleted
}

// Pauses between lists of shards. They grow while a list shows no change. After maxRelistTries
// such lists in a row nothing is predicted any more.
const (
	minRelistPause = time.Second
	maxRelistPause = time.Minute
	maxRelistTries = 5
)

// relistCause is one reason to list the shards again.
type relistCause struct {
	pending   bool
	notBefore time.Time
	tries     int // lists in a row for this cause that showed no change
}

func (c *relistCause) due(now time.Time) bool { return c.pending && !now.Before(c.notBefore) }

func (c *relistCause) postpone(now time.Time) { c.notBefore = now.Add(relistPause(c.tries)) }

// relistPause is the pause before the next list, after this many lists without a change.
func relistPause(tries int) time.Duration {
	const doublings = 6 // minRelistPause doubled this often exceeds maxRelistPause
	return min(maxRelistPause, minRelistPause<<min(tries, doublings))
}

// start reports whether the shards should be listed now. If so, the list counts as running.
func (r *relist) start(now time.Time) bool {
	if r.running || !r.mispredicted.due(now) && !r.inUse.due(now) {
		return false
	}
	r.running = true
	return true
}

// finish notes the end of a list. stable means that the stream is neither being created
// nor deleted, as far as the caller may know. listed means that the list succeeded, changed
// that it differs from the last one. It reports whether predictions are useless: records
// still go to other shards than any list predicts.
func (r *relist) finish(now time.Time, stable, listed, changed bool) (useless bool) {
	r.running = false
	if r.inUse.pending {
		r.inUse.postpone(now)
		r.inUse.tries++
		r.inUse.pending = !stable
	}
	mispredicted := r.mispredicted.pending
	r.mispredicted.pending = false
	switch {
	case listed && changed:
		r.mispredicted.tries = 0
	case mispredicted: // only a misprediction shows that the list is wrong
		r.mispredicted.tries++
	}
	if mispredicted {
		r.mispredicted.postpone(now)
	}
	return listed && !changed && mispredicted && r.mispredicted.tries >= maxRelistTries
}

// wroteElsewhere notes a record that was written to another shard than predicted.
func (r *relist) wroteElsewhere() { r.mispredicted.pending = true }

// streamInUse notes an answer that the stream is being created or deleted.
func (r *relist) streamInUse() { r.inUse.pending = true }

// wrote notes that a record was written.
func (r *relist) wrote() {
	if !r.inUse.pending {
		r.inUse.tries = 0
	}
}
