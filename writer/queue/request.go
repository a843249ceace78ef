package queue

import (
	"time"

	"kin/internal/kpl"
)

// Request is one PutRecords request. The queue owns it and reuses it after Release.
type Request struct {
	// Parcels are the entries of the PutRecords call. Those of one shard are adjacent.
	Parcels []Parcel
	Entries []*Entry // the records of all parcels
	Bytes   int
	Sent    time.Time
	// Undecided counts the records that become possibly written while the request is in flight.
	// Records that are possibly written already are not counted.
	Undecided int64

	keys   []*keyQueue
	shards []*ShardQueue
	alone  bool         // it holds an Alone record and must not get another one
	users  []kpl.Record // memory that Data reuses
}

// Parcel is one entry of a PutRecords call: a record, or several of one key as an
// aggregate.
type Parcel struct {
	Shard    *ShardQueue // the shard queue it was taken from
	key      *keyQueue
	from, to int // its range in Entries
}

// Records returns the records of a parcel.
func (r *Request) Records(p *Parcel) []*Entry { return r.Entries[p.from:p.to] }

// Single returns the ith record of a parcel as a parcel of its own.
func (p *Parcel) Single(i int) Parcel {
	return Parcel{key: p.key, Shard: p.Shard, from: p.from + i, to: p.from + i + 1}
}

// Data returns the payload of a parcel: an aggregate, or the data of its only record, which
// may be nil.
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

// PutBack returns parcels, in order, to the front of their keys' queues. They are not sent
// before Release.
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

// reset clears the request for reuse.
func (r *Request) reset() {
	clear(r.Parcels)
	clear(r.Entries)
	clear(r.keys)
	clear(r.shards)
	clear(r.users)
	*r = Request{Parcels: r.Parcels[:0], Entries: r.Entries[:0], keys: r.keys[:0], shards: r.shards[:0], users: r.users[:0]}
}
