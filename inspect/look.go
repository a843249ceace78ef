// Package inspect looks at streams and at the positions of runs, and changes
// nothing: how far each shard is behind, whether positions still fit their
// streams, and where positions would be that begin anew.
//
// It sees streams as a run does that begins at the same positions: it opens them
// with reader.
package inspect

import (
	"time"

	"kin/internal/checkpoint"
	"kin/reader"
)

// Look is where the shards of all streams stand at one time.
type Look struct {
	Time    time.Time // the service's clock
	Streams []StreamLook
	Failed  []reader.StreamFailure // of several streams, those that are not among Streams
}

// StreamLook is one stream of a look: its shards by ID.
type StreamLook struct {
	Stream string
	ARN    string // empty when it is not known
	Shards []ShardLook
	// Losses are what is gone, or may be, that was not read, in words.
	Losses []string
	// Lag sums up the shards that are not Done.
	Lag reader.StreamLag
}

// ShardState is what a run does with a shard.
type ShardState string

// The states of shards.
const (
	// Reading: a run fetches the shard.
	Reading ShardState = "READING"
	// WaitingForParent: a run fetches it when its parents were read.
	WaitingForParent ShardState = "WAITING_FOR_PARENT"
	// Done: it was read to its end, or is gone.
	Done ShardState = "DONE"
)

// ShardLook is one shard of a look.
type ShardLook struct {
	ShardID string
	State   ShardState
	Parents []string // none, one, or two after a merge
	// Position is where a run begins in the shard.
	Position checkpoint.Shard
	// MillisBehindLatest is how long ago the oldest record arrived that was not
	// read yet. Without one it is what the service says of an empty page: 0 at
	// the tip, also of a shard that has been quiet for long. A shard that waits
	// for its parents is behind by its own data. It is 0 of a Done shard.
	MillisBehindLatest int64
}

// sum makes the connector's three figures out of the shards that are not Done.
func (s *StreamLook) sum() {
	var lags []reader.Lag
	for _, shard := range s.Shards {
		if shard.State != Done {
			lags = append(lags, reader.Lag{Stream: s.Stream, ShardID: shard.ShardID, MillisBehindLatest: shard.MillisBehindLatest})
		}
	}
	s.Lag = reader.Summarize(s.Stream, lags)
}
