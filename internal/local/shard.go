package local

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// shard is a shard of a stream, with its lineage and its records.
//
// The first group of fields never changes. The stream's lock guards the second group. To append
// a record, that lock must be held for reading, so that no record enters a shard that is being
// closed. mu guards the third group.
type shard struct {
	number           uint32
	id               string
	epoch            int64 // second, in its sequence numbers
	created          int64 // ms
	start, last      hashKey
	parent, adjacent string // IDs of the parents; empty if there is none

	closed   int64 // ms, 0 = open
	children []*shard

	mu       sync.Mutex // guards the following
	segments [][]record
	base     uint64 // index of the first record in segments
	oldest   uint64 // index of the oldest retained record
	next     uint64 // index of the next record
	arrived  int64  // ms: arrival of the newest record
	changed  bell   // rung when a record arrives
	meters   shardMeters
}

// record is a stored record. It never changes. Its index, and with it its sequence number,
// follows from its position in the segments.
type record struct {
	data    []byte
	key     string
	arrival int64 // ms
}

// segmentSize is the number of records in a segment. A full segment is never moved, and its
// elements never change. A reader may therefore use a page without the lock.
const segmentSize = 4096

func shardID(number uint32) string { return fmt.Sprintf("shardId-%012d", number) }

// shardNumber parses a shard ID. Like the service it accepts any prefix and any number of
// digits. It returns false if id is not a shard ID.
func shardNumber(id string) (uint32, bool) {
	if _, digits, found := strings.Cut(id, "-"); found {
		id = digits
	}
	n, err := strconv.ParseUint(id, 10, 31)
	return uint32(n), err == nil
}

// sequence returns the sequence number of the record at index. arrival is in milliseconds. The
// first record has the number 1; 0 is the start of the shard.
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

// append stores a record and returns its sequence number. If r.arrival is earlier than that of
// the newest record, it is raised to it. The caller holds mu.
func (s *shard) append(r record) sequence {
	r.arrival = max(r.arrival, s.arrived, s.created)
	s.arrived = r.arrival
	n := len(s.segments)
	if n == 0 || len(s.segments[n-1]) == segmentSize {
		var segment []record // the first segment grows, because most shards have few records
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

// since returns the index of the first record that arrived at ms or later, or next if there is
// none. The caller holds mu.
func (s *shard) since(ms int64) uint64 {
	n := int(s.next - s.oldest)
	return s.oldest + uint64(sort.Search(n, func(i int) bool {
		return s.at(s.oldest+uint64(i)).arrival >= ms
	}))
}

// trim removes the records that arrived before ms. The caller holds mu.
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

// page is a sequence of consecutive records of one shard.
type page struct {
	parts []([]record)
	first uint64 // index of the first record
	count int
	bytes int // of data and partition keys
}

// page returns up to limit records and maxBytes bytes, starting at an index. It returns at least
// one record if there is one. The caller holds mu, but may use the page without it.
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
