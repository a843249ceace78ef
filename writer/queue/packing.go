package queue

import (
	"time"

	"kin/internal/kpl"
)

// The service's limits of a request. The margin is there because requests of a
// few bytes less than 5 MiB were seen refused (fluent-bit#21).
const (
	requestRecords = 500
	requestBytes   = 10<<20 - requestMargin
	requestMargin  = 16 << 10
	// OldRequestBytes is the limit of endpoints from before October 2025.
	OldRequestBytes = 5<<20 - requestMargin
)

// maxAggregate is the most bytes an aggregate may have: what the Kinesis Producer
// Library takes (AggregationMaxSize), which is far below any stream's limit.
const maxAggregate = 51200

// packing decides which records go together in a request.
type packing struct {
	ordered   bool // one record of a key at most
	aggregate bool // records of a key share a parcel
	bytes     int  // what a request may count; less once one was refused
}

// full reports whether what may be sent is enough for a whole request.
func (p *packing) full(open load) bool {
	n := open.records
	if p.aggregate || p.ordered {
		n = open.keys
	}
	return n >= requestRecords || open.bytes >= p.bytes
}

// fill adds to the request what one shard's queue may send, and reports whether
// that was anything.
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
	s.taken(now, a)
	r.shards = append(r.shards, s)
	return true
}

// fillKey adds the first records of a key, as far as they fit, and returns how
// many.
func (p *packing) fillKey(r *Request, s *ShardQueue, k *keyQueue, a *allowance) int {
	retry := k.retries()
	taken := 0
	for taken < len(k.entries) && len(r.Parcels) < requestRecords {
		if retry && k.entries[taken].Sent.IsZero() {
			break // retries go before other keys, what is new waits its turn
		}
		alone := k.entries[taken].Alone
		n, size := p.parcel(k.entries[taken:])
		if len(r.Parcels) > 0 && (alone || r.alone || r.Bytes+size > p.bytes) || !a.take(size) {
			break
		}
		r.alone = alone
		r.add(k, s, k.entries[taken:taken+n], size)
		if taken += n; p.ordered {
			break // the next one must not be in the stream when this one fails
		}
	}
	return taken
}

// parcel returns how many of the entries of one key go into the next parcel,
// and what that counts.
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
		return 1, first.Size // one record goes as it is
	}
	return n, fit.Bytes() + len(first.PartitionKey) + len(first.ExplicitHashKey)
}
