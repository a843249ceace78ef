package reader

import (
	"errors"
	"fmt"

	"kin/internal/kpl"
	"kin/internal/lineage"
	"kin/internal/record"
)

// hashFilter says which records of aggregates belong to a shard. Without
// Options.HashFilter all do.
//
// A KPL producer fills an aggregate for the shard that it believes a record
// belongs to. After a split or a merge it may have been wrong. It then sends
// again the records that belong elsewhere, and only those
// (succeed_if_correct_shard in retrier.cc of awslabs/amazon-kinesis-producer).
// So a record that the filter drops comes again in its own shard, and one that it
// keeps does not. AWS's client library drops the whole aggregate, and may lose
// the rest. Other producers send nothing again: for them the filter loses records.
type hashFilter struct {
	hashes *kpl.HashKeyRange // of the shard; nil: every record belongs to it
	// decided is false while it is not known whether the stream places the records
	// of the response by their hash keys.
	decided bool
}

var errUndecided = errors.New("a record is out of the shard's range, and it is not known whether the stream has ranges")

func (f hashFilter) contains(u kpl.Record) bool {
	return f.hashes == nil || f.hashes.Contains(u.HashKey())
}

// hashFilter returns the filter for a response that was just received, as far as
// it is known.
func (s *streamRun) hashFilter(shard *lineage.Shard) hashFilter {
	if !s.run.o.HashFilter {
		return hashFilter{}
	}
	s.run.mu.Lock()
	hashes := shard.Hashes
	s.run.mu.Unlock()
	if hashes == nil || hashes.IsWhole() {
		return hashFilter{}
	}
	if s.distribution.isAutomatic() {
		return hashFilter{} // from now on: it may hold records of that time
	}
	return hashFilter{hashes: hashes, decided: s.distribution.isRefused()}
}

// warnOfKey warns, once for a stream, of a record of an aggregate whose keys
// cannot be used.
func (s *streamRun) warnOfKey(r record.Record) {
	if s.warnedOfKey.Swap(true) {
		return
	}
	s.run.o.Say(fmt.Sprintf("%s/%s: sequence number %s is an aggregate with a key that Kinesis does not accept: kin uses the aggregate's partition key and no explicit hash key, here from sub-sequence number %d on",
		r.Stream, r.ShardID, r.SequenceNumber, r.SubSequenceNumber))
}
