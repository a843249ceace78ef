// Package inspect reports on streams and on the positions of runs, and changes nothing. It reports
// how far each shard is behind, whether positions still fit their streams, and where new positions
// would begin.
//
// It opens streams with package reader, so it sees them as a run from the same positions does.
package inspect

import (
	"time"

	"kin/internal/checkpoint"
	"kin/reader"
)

// LagReport is the state of the shards of all streams at one time.
type LagReport struct {
	Time    time.Time // the service's clock
	Streams []StreamReport
	Failed  []reader.StreamFailure // the streams that could not be read, if there are several
}

// StreamReport is the state of one stream.
type StreamReport struct {
	Stream string
	ARN    string // empty if not known
	Shards []ShardReport
	// Losses are messages about records that are gone, or may be, and were not read.
	Losses []string
	// Lag summarizes the lags of the shards that are not Done.
	Lag reader.StreamLag
}

// ShardState is what a run does with a shard.
type ShardState string

// The states of shards.
const (
	// Reading means that a run fetches the shard.
	Reading ShardState = "READING"
	// WaitingForParent means that a run fetches the shard after its parents.
	WaitingForParent ShardState = "WAITING_FOR_PARENT"
	// Done means that the shard was read to its end, or is no longer retained.
	Done ShardState = "DONE"
)

// ShardReport is the state of one shard.
type ShardReport struct {
	ShardID string
	State   ShardState
	Parents []string // none, one, or two after a merge
	// Position is where a run begins in the shard.
	Position checkpoint.Shard
	// MillisBehindLatest is the age of the shard's oldest unread record. If all records were read,
	// it is the service's value of an empty answer. At the tip that is 0, even in a shard that has
	// been quiet for long. A shard that waits for its parents counts its own records. A Done shard
	// has 0.
	MillisBehindLatest int64
}

// sum computes the connector's three figures from the shards that are not Done.
func (s *StreamReport) sum() {
	var lags []reader.Lag
	for _, shard := range s.Shards {
		if shard.State != Done {
			lags = append(lags, reader.Lag{Stream: s.Stream, ShardID: shard.ShardID, MillisBehindLatest: shard.MillisBehindLatest})
		}
	}
	s.Lag = reader.Summarize(s.Stream, lags)
}
