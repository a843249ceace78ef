package reader

import (
	"errors"
	"fmt"

	"github.com/dustin/go-humanize"

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

// countUsers counts the records of aggregates that a written block dropped, and
// those whose keys it replaced.
func (r *run) countUsers(b *Block) {
	if b.leftOut == 0 && b.rekeyed == 0 {
		return
	}
	for _, s := range r.streams {
		if s.ref.Name != b.Stream {
			continue
		}
		if s.leftOut == 0 && b.leftOut > 0 {
			r.o.Say(fmt.Sprintf("%s/%s: an aggregate holds records whose hash keys are outside of the shard's range: --hash-filter drops them", b.Stream, b.ShardID))
		}
		s.leftOut += int64(b.leftOut)
		s.rekeyed += int64(b.rekeyed)
	}
	r.progress.add(func(p *Progress) { p.LeftOut += int64(b.leftOut) })
}

// reportUsers reports, at the end of a run, how many records of aggregates were
// dropped or have another key.
func (r *run) reportUsers() {
	for _, s := range r.streams {
		if s.leftOut > 0 {
			r.o.Report(fmt.Sprintf("%s: --hash-filter dropped %s of aggregates: their hash keys are outside of their shards' ranges", s.ref.Name, someRecords(s.leftOut)))
		}
		if s.rekeyed > 0 {
			r.o.Say(fmt.Sprintf("%s: %s of aggregates had keys that Kinesis does not accept", s.ref.Name, someRecords(s.rekeyed)))
		}
	}
}

func someRecords(n int64) string {
	if n == 1 {
		return "1 record"
	}
	return humanize.Comma(n) + " records"
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
