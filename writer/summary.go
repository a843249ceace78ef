package writer

import (
	"time"

	"kin/writer/queue"
)

// Summary counts what a run has done. Records of the input are numbered from 1.
type Summary struct {
	Read     int64 // records read from the input, including skipped ones
	Written  int64 // records that the service acknowledged
	Bytes    int64 // payload bytes of the written records
	Retried  int64 // records that were sent more than once
	Rejected int64 // records that were rejected

	// PossiblyTwice counts records that were sent again after a request without an answer. The
	// stream may hold them twice or more often. PossibleCopies is the total number of surplus
	// copies that the stream may hold.
	PossiblyTwice, PossibleCopies int64
	// Unsure counts records that are not known to be written, but were in a request without an
	// answer. They may be in the stream.
	Unsure int64
	// WrittenThrough is a record number. Every record up to it is written or was passed to
	// Options.Rejected. A later run can resume with it as Options.Skip.
	WrittenThrough int64

	Duration time.Duration
}

// ShardSummary counts what a run has done on one shard. A record that was not written
// counts for the shard that it was predicted to go to.
type ShardSummary struct {
	ShardID                           string // empty if the shard is not known
	Written, Bytes, Retried, Rejected int64
	PossiblyTwice, PossibleCopies     int64
}

// count counts the retries and possible copies of a record.
func (s *ShardSummary) count(e *queue.Entry) {
	if e.Retried() {
		s.Retried++
	}
	copies := e.PossibleCopies()
	if copies > 0 {
		s.PossiblyTwice++
	}
	s.PossibleCopies += int64(copies)
}
