package local

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// shard is one shard of a stream: its place in the lineage, and its records.
//
// The first group of fields never changes. The second is guarded by the
// stream's lock: whoever appends holds that for reading, so that no record
// enters a shard that is being closed. The third is guarded by mu.
type shard struct {
	number           uint32
	id               string
	epoch            int64 // second, in its sequence numbers
	created          int64 // ms
	start, last      hashKey
	parent, adjacent string // ids, empty when there is none

	closed   int64 // ms, 0 = open
	children []*shard

	mu       sync.Mutex // guards the following
	segments [][]record
	base     uint64 // index of the first record in segments
	oldest   uint64 // index of the oldest record not trimmed
	next     uint64 // index the next record gets
	arrived  int64  // ms, of the newest record
	changed  bell   // rung when a record arrives
	meters   shardMeters
}

// record is a record as it was put. Its index, and so its sequence number,
// follows from its place. Nothing in it is ever changed.
type record struct {
	data    []byte
	key     string
	arrival int64 // ms
}

// segmentSize is how many records a segment holds. A full segment is never
// moved again, and elements below a segment's length never change, so a reader
// keeps what page gave it without the lock.
const segmentSize = 4096

func shardID(number uint32) string { return fmt.Sprintf("shardId-%012d", number) }

// shardNumber reads a shard ID as liberally as the service: any prefix, any
// number of digits. False means that it cannot be one.
func shardNumber(id string) (uint32, bool) {
	if _, digits, found := strings.Cut(id, "-"); found {
		id = digits
	}
	n, err := strconv.ParseUint(id, 10, 31)
	return uint32(n), err == nil
}

// sequence is the number of the record at index that arrived at the given
// millisecond. The first record has 1; 0 is the shard's start.
func (s *shard) sequence(index uint64, arrival int64) sequence {
	return sequence{s.epoch, index + 1, arrival / 1000, s.number}
}

func (s *shard) startingSequence() sequence { return sequence{s.epoch, 0, s.epoch, s.number} }

func (s *shard) endingSequence() sequence {
	return sequence{s.epoch, lastIndex, s.closed / 1000, s.number}
}

func (s *shard) at(index uint64) *record {
	i := index - s.base
	return &s.segments[i/segmentSize][i%segmentSize]
}

// append stores a record that arrives now. The caller holds mu.
func (s *shard) append(r record) sequence {
	r.arrival = max(r.arrival, s.arrived, s.created)
	s.arrived = r.arrival
	n := len(s.segments)
	if n == 0 || len(s.segments[n-1]) == segmentSize {
		var segment []record // the first grows: thousands of shards hold next to nothing
		if n > 0 {
			segment = make([]record, 0, segmentSize)
		}
		s.segments = append(s.segments, segment)
		n++
	}
	s.segments[n-1] = append(s.segments[n-1], r)
	s.next++
	s.changed.ring()
	return s.sequence(s.next-1, r.arrival)
}

// since returns the index of the first record that arrived at ms or later, at
// most next. The caller holds mu.
func (s *shard) since(ms int64) uint64 {
	n := int(s.next - s.oldest)
	return s.oldest + uint64(sort.Search(n, func(i int) bool {
		return s.at(s.oldest+uint64(i)).arrival >= ms
	}))
}

// trim forgets records that arrived before ms. The caller holds mu.
func (s *shard) trim(ms int64) {
	if s.oldest == s.next || s.at(s.oldest).arrival >= ms {
		return
	}
	s.oldest = s.since(ms)
	for len(s.segments) > 0 && s.base+uint64(len(s.segments[0])) <= s.oldest {
		s.base += uint64(len(s.segments[0]))
		s.segments[0] = nil
		s.segments = s.segments[1:]
	}
}

// page is a run of records of one shard.
type page struct {
	parts []([]record)
	first uint64 // index of the first record
	count int
	bytes int // of data and partition keys
}

// page returns up to limit records and maxBytes from an index on, at least one
// if there is any. The caller holds mu; the page is good without it.
func (s *shard) page(index uint64, limit, maxBytes int) page {
	index = max(index, s.oldest)
	p := page{first: index}
	for index < s.next && p.count < limit {
		i := index - s.base
		part := s.segments[i/segmentSize][i%segmentSize:]
		part = part[:min(len(part), limit-p.count)]
		for n := range part {
			size := len(part[n].data) + len(part[n].key)
			if p.bytes+size > maxBytes && p.count+n > 0 {
				if n > 0 {
					p.parts = append(p.parts, part[:n])
					p.count += n
				}
				return p
			}
			p.bytes += size
		}
		p.parts = append(p.parts, part)
		p.count += len(part)
		index += uint64(len(part))
	}
	return p
}
