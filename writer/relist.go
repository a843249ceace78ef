package writer

import "time"

// relist decides when the shards are listed again: after a record went to another
// shard than predicted, and as long as the stream is being created or deleted, for
// then it may be another one later. The dispatcher's mu guards it.
type relist struct {
	running  bool
	mistaken relistCause // a record went to another shard
	inUse    relistCause // an answer said that the stream is in use
}

// A record that went elsewhere asks for a new list of shards: soon the first
// time, later when that brings nothing new, and after a few such nothing is
// predicted any more.
const (
	relistFirst = time.Second
	relistMost  = time.Minute
	relistTries = 5
)

// relistCause is a reason to list the shards again.
type relistCause struct {
	pending   bool
	notBefore time.Time
	tries     int // in a row because of it, that brought nothing new
}

func (c *relistCause) due(now time.Time) bool { return c.pending && !now.Before(c.notBefore) }

func (c *relistCause) postpone(now time.Time) { c.notBefore = now.Add(relistPause(c.tries)) }

// relistPause is how long the next list waits after so many in a row that
// brought nothing new.
func relistPause(tries int) time.Duration {
	const doublings = 6 // relistFirst after these is more than relistMost
	return min(relistMost, relistFirst<<min(tries, doublings))
}

// start reports, once, that the shards should be listed again.
func (r *relist) start(now time.Time) bool {
	if r.running || !r.mistaken.due(now) && !r.inUse.due(now) {
		return false
	}
	r.running = true
	return true
}

// finish notes the end of what start began. settled says that the stream is neither
// being created nor deleted, as far as may be known, listed that the shards were
// listed, and changed that they are others than before. It reports whether
// predictions are of no use: records go elsewhere than any list predicts.
func (r *relist) finish(now time.Time, settled, listed, changed bool) (useless bool) {
	r.running = false
	if r.inUse.pending {
		r.inUse.postpone(now)
		r.inUse.tries++
		r.inUse.pending = !settled
	}
	mistaken := r.mistaken.pending
	r.mistaken.pending = false
	switch {
	case listed && changed:
		r.mistaken.tries = 0
	case mistaken: // only a record that went elsewhere shows that the list is wrong
		r.mistaken.tries++
	}
	if mistaken {
		r.mistaken.postpone(now)
	}
	return listed && !changed && mistaken && r.mistaken.tries >= relistTries
}

// wroteElsewhere notes a record that was written to another shard than predicted.
func (r *relist) wroteElsewhere() { r.mistaken.pending = true }

// streamInUse notes an answer that the stream is being created or deleted.
func (r *relist) streamInUse() { r.inUse.pending = true }

// wrote notes that a record was written.
func (r *relist) wrote() {
	if !r.inUse.pending {
		r.inUse.tries = 0
	}
}
