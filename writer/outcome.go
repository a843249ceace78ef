package writer

import (
	"time"

	"kin/writer/queue"
)

// settlement is what the answer to a request means: for each of its parcels, for the
// shards, and for the run.
type settlement struct {
	outcomes []outcome // one for each parcel

	again []queue.Parcel // they go back in front of their keys, in their order
	over  []*queue.Entry // they were retried for as long as is allowed, in the order of the input
	cause error          // of the first parcel that failed, or of stop
	// retried counts the parcels that failed and whose records count as failing.
	retried   int
	remaining time.Duration // until the time of the first of those records is over

	shards []shardOutcome

	answered bool  // the service itself works
	backOff  bool  // the service itself failed
	shrink   bool  // the endpoint takes smaller requests only
	stop     error // the run ends with it

	steps int // records that were looked at one by one
}

// outcome is what became of one parcel.
type outcome struct {
	kind outcomeKind

	shardID, sequence string // of one that was written

	cause   error // of one that was not
	unknown bool  // its records may be in the stream
	alone   bool  // each of its records has a request of its own from now on
	inUse   bool  // the stream is being created or deleted
}

// outcomeKind is what the queue does about a parcel.
type outcomeKind uint8

const (
	parcelWritten outcomeKind = iota
	parcelFailed              // its records go again, or are given up when their time is over
	parcelRefused             // its one record is given up: the service does not take it
)

// shardOutcome is what became of the parcels of one shard.
type shardOutcome struct {
	shard     *queue.ShardQueue
	worked    bool // some were written
	failed    bool // some failed
	throttled bool // the shard has no tokens left
}

// ofShard is the outcome of the shard of a parcel. Parcels of a shard follow each
// other.
func (s *settlement) ofShard(p *queue.Parcel) *shardOutcome {
	if n := len(s.shards); n == 0 || s.shards[n-1].shard != p.Shard {
		s.shards = append(s.shards, shardOutcome{shard: p.Shard})
	}
	return &s.shards[len(s.shards)-1]
}
