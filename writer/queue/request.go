package queue

import (
	"time"

	"kin/internal/kpl"
)

// Request is one PutRecords request. It belongs to the queue, which uses it again
// after Release.
type Request struct {
	// Parcels are its entries in the service's sense. Those of one shard follow each
	// other.
	Parcels []Parcel
	Entries []*Entry // of all parcels
	Bytes   int
	Sent    time.Time
	// Undecided counts the records of which it is not known what becomes of them
	// while the request is in flight, but for those that are unsure already.
	Undecided int64

	keys   []*keyQueue
	shards []*ShardQueue
	alone  bool         // it holds a record that goes alone, and takes nothing else
	users  []kpl.Record // scratch
}

// Parcel is one entry of a request: a record, or several of a key as one
// aggregate.
type Parcel struct {
	Shard    *ShardQueue // when it was sent
	key      *keyQueue
	from, to int // in Entries
}

// Records are the records in a parcel.
func (r *Request) Records(p *Parcel) []*Entry { return r.Entries[p.from:p.to] }

// Single is the ith record of a parcel as a parcel of its own.
func (p *Parcel) Single(i int) Parcel {
	return Parcel{key: p.key, Shard: p.Shard, from: p.from + i, to: p.from + i + 1}
}

// Data is the payload of a parcel: that of its record, which may be nil, or an
// aggregate.
func (r *Request) Data(p *Parcel) []byte {
	entries := r.Records(p)
	if len(entries) == 1 {
		return entries[0].Data
	}
	r.users = r.users[:0]
	for _, e := range entries {
		r.users = append(r.users, kpl.Record{PartitionKey: e.PartitionKey, ExplicitHashKey: e.ExplicitHashKey, Data: e.Data})
	}
	return kpl.Aggregate(nil, r.users)
}

// PutBack puts parcels of the request, in their order, in front of their keys'
// queues. They wait there for Release.
func (r *Request) PutBack(parcels []Parcel) {
	for len(parcels) > 0 {
		n := 1
		for n < len(parcels) && parcels[n].key == parcels[0].key {
			n++
		}
		var entries []*Entry
		for i := range parcels[:n] {
			entries = append(entries, r.Records(&parcels[i])...)
		}
		parcels[0].key.putBack(entries)
		parcels = parcels[n:]
	}
}

// add adds records of a key as one parcel.
func (r *Request) add(k *keyQueue, s *ShardQueue, entries []*Entry, size int) {
	at := len(r.Entries)
	r.Entries = append(r.Entries, entries...)
	r.Parcels = append(r.Parcels, Parcel{key: k, Shard: s, from: at, to: at + len(entries)})
	r.Bytes += size
}

// reset makes the request fit for another use.
func (r *Request) reset() {
	clear(r.Parcels)
	clear(r.Entries)
	clear(r.keys)
	clear(r.shards)
	clear(r.users)
	*r = Request{Parcels: r.Parcels[:0], Entries: r.Entries[:0], keys: r.keys[:0], shards: r.shards[:0], users: r.users[:0]}
}
