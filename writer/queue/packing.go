package queue

import (
	"time"

	"kin/internal/kpl"
)

// The service's limits for a request. The margin exists because requests a few bytes below
// 5 MiB were refused (fluent-bit#21).
const (
	requestRecords = 500
	requestBytes   = 10<<20 - requestMargin
	requestMargin  = 16 << 10
	// OldRequestBytes is the limit of endpoints from before October 2025, in bytes.
	OldRequestBytes = 5<<20 - requestMargin
)

// maxAggregate is the maximum size of an aggregate in bytes. It is the default of the
// Kinesis Producer Library (AggregationMaxSize), far below the record limit of any stream.
const maxAggregate = 51200

// packing decides which records go together in a request.
type packing struct {
	ordered   bool // at most one record of a key per request
	aggregate bool // records of a key share a parcel
	bytes     int  // maximum size of a request; smaller once one was refused
}

// full reports whether the open queues hold enough for a full request.
func (p *packing) full(open load) bool {
	n := open.records
	if p.aggregate || p.ordered {
		n = open.keys
	}
	return n >= requestRecords || open.bytes >= p.bytes
}

// fill adds records from a shard's queue to the request. It reports whether any were added.
func (p *packing) fill(r *Request, s *ShardQueue, now time.Time) bool {
	a := s.limits.allows(now)
	begun := len(r.Parcels)
	for range len(s.retries) + len(s.ready) {
		k := s.first()
		n := p.fillKey(r, s, k, &a)
		if n == 0 {
			break
		}
		s.takeFirst()
		k.take(n)
		k.inFlight = true
		r.keys = append(r.keys, k)
	}
	if !s.empty() {
		s.oldest = s.first().entries[0].Read
	}
	if len(r.Parcels) == begun {
		return false
	}
	s.recordTaken(now, a)
	r.shards = append(r.shards, s)
	return true
}

// fillKey adds the first records of a key, as many as fit, and returns their number.
func (p *packing) fillKey(r *Request, s *ShardQueue, k *keyQueue, a *allowance) int {
	retry := k.retries()
	taken := 0
	for taken < len(k.entries) && len(r.Parcels) < requestRecords {
		if retry && k.entries[taken].Sent.IsZero() {
			break // new records of the key wait until other keys had their turn
		}
		alone := k.entries[taken].Alone
		n, size := p.parcel(k.entries[taken:])
		if len(r.Parcels) > 0 && (alone || r.alone || r.Bytes+size > p.bytes) || !a.take(size) {
			break
		}
		r.alone = alone
		r.add(k, s, k.entries[taken:taken+n], size)
		if taken += n; p.ordered {
			break // the next record must not be stored if this one fails
		}
	}
	return taken
}

// parcel returns how many of the entries of one key go into the next parcel, and its size.
func (p *packing) parcel(entries []*Entry) (n, size int) {
	first := entries[0]
	if !p.aggregate || first.Alone {
		return 1, first.Size
	}
	var fit kpl.Size
	for _, e := range entries {
		next := fit.With(e.PartitionKey, e.ExplicitHashKey, len(e.Data))
		if e.ExplicitHashKey != first.ExplicitHashKey || next.Bytes() > maxAggregate {
			break
		}
		fit = next
		n++
	}
	if n < 2 {
		return 1, first.Size // a single record is not aggregated
	}
	return n, fit.Bytes() + len(first.PartitionKey) + len(first.ExplicitHashKey)
}
