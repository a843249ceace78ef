package writer

import (
	"time"

	"kin/writer/queue"
)

// Summary is what a run has done. Records of the input count from 1.
type Summary struct {
	Read     int64 // records taken from the input; skipped ones too
	Written  int64 // records that the service acknowledged
	Bytes    int64 // their payloads
	Retried  int64 // records that were sent more than once
	Rejected int64 // records that were given up

	// PossiblyTwice counts records that were sent again although it is not
	// known what became of an earlier request with them: the stream may hold
	// them twice, or more often if that happened several times. PossibleCopies
	// is how many copies too many of them all there may be.
	PossiblyTwice, PossibleCopies int64
	// Unsure counts records that are not written as far as is known, and of
	// which a request was sent whose outcome is not known.
	Unsure int64
	// WrittenThrough is the number of the record up to which every record of
	// the input is written or was handed to Options.Rejected: what Options.Skip
	// goes on behind.
	WrittenThrough int64

	Duration time.Duration
}

// ShardSummary is what a run has done on one shard: the one that took the
// record, or, for records that none took, the one they should have gone to.
type ShardSummary struct {
	ShardID                           string // empty where it is not known
	Written, Bytes, Retried, Rejected int64
	PossiblyTwice, PossibleCopies     int64
}

// count counts how often a record was sent.
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
