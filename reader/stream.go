package reader

import (
	"sync/atomic"
	"time"

	"kin/internal/lineage"
	"kin/internal/record"
)

// Stream is one stream as a run has opened it: which stream it is, its shards, and
// where each begins. It is made by an opening.
type Stream struct {
	streamCalls
	streamShards
	// until is the bound of the run in the stream's own time; zero without one.
	until time.Time
	// kept is how long the stream keeps records, as retention returns it.
	kept atomic.Int64
	// distribution says whether records are where their hash keys belong.
	distribution distribution
	losses       []string      // records that are gone, or may be, and that were not read, in words
	createdAt    time.Time     // the stream, by the service; zero when it is not known
	undescribed  string        // guarded: why it is not known which stream this is; empty when it is
	unseen       unseenReasons // which checks of the checkpoint cannot be made
}

func newStream(s *session, given string) *Stream {
	calls := streamCalls{s, record.ParseStream(given)}
	return &Stream{streamCalls: calls, streamShards: streamShards{streamCalls: calls, follower: noFollower{}, lineage: lineage.NewTree()}}
}

// retention is how long the stream keeps records; 0 is not known.
func (s *Stream) retention() time.Duration { return time.Duration(s.kept.Load()) }

// keeps notes how long the stream keeps records; nil does not say.
func (s *Stream) keeps(hours *int32) {
	if hours != nil {
		s.kept.Store(int64(time.Duration(*hours) * time.Hour))
	}
}
