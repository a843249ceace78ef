package writer

import (
	"time"

	"kin/writer/queue"
)

// settlement is the result of a request for its parcels, their shards, and the run.
type settlement struct {
	outcomes []outcome // one for each parcel

	resend  []queue.Parcel // parcels to send again, in order; they go back to the front of their keys' queues
	expired []*queue.Entry // records whose RetryFor has passed, in input order
	cause   error          // the error of the first failed parcel, or of stop
	// retried counts the failed parcels whose records count as failing.
	retried   int
	remaining time.Duration // until RetryFor of the first of those records has passed

	shards []shardOutcome

	answered bool  // the service itself works
	backOff  bool  // the service itself failed
	shrink   bool  // the endpoint accepts only smaller requests
	stop     error // the run ends with this error; nil if it continues

	steps int // records that were checked one by one
}

// outcome is the result of one parcel.
type outcome struct {
	kind outcomeKind

	shardID, sequence string // set if the parcel was written

	cause   error // set if it was not
	unknown bool  // its records may be in the stream
	alone   bool  // from now on each of its records needs a request of its own
	inUse   bool  // the stream is being created or deleted
}

// outcomeKind is what happens to the records of a parcel.
type outcomeKind uint8

const (
	parcelWritten outcomeKind = iota
	parcelFailed              // its records are sent again, or rejected if RetryFor has passed
	parcelRefused             // its only record is rejected, because the service refuses it
)

// shardOutcome summarizes the parcels of one shard.
type shardOutcome struct {
	shard     *queue.ShardQueue
	worked    bool // some were written
	failed    bool // some failed
	throttled bool // the shard exceeded its write limits
}

// outcomeOfShard returns the outcome of a parcel's shard. Parcels of a shard are adjacent.
func (s *settlement) outcomeOfShard(p *queue.Parcel) *shardOutcome {
	if n := len(s.shards); n == 0 || s.shards[n-1].shard != p.Shard {
		s.shards = append(s.shards, shardOutcome{shard: p.Shard})
	}
	return &s.shards[len(s.shards)-1]
}
