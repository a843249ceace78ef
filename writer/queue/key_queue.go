package queue

import "kin/internal/lineage"

// keyQueue holds the waiting records of one partition key, in input order. At most one
// request with records of the key is in flight, so records do not pass each other between
// requests.
type keyQueue struct {
	name    string
	hash    lineage.HashKey // hash key of its first record
	entries []*Entry        // the waiting records: the tail of all
	bytes   int             // the total size of the waiting records

	// all has free slots at its front, where taken records were. The last reserved ones stay
	// free while those records are in flight. So failed records return to their slots without
	// copying the queue.
	all      []*Entry
	reserved int // free slots that are kept for records in flight

	inline   [1]*Entry // initial storage of all: most keys have one record
	ready    bool      // the key is in its shard's queue
	inFlight bool
}

// push appends a record.
func (k *keyQueue) push(e *Entry) {
	if k.all == nil {
		k.all = k.inline[:0]
	}
	if waiting := len(k.entries); len(k.all) == cap(k.all) && len(k.all)-waiting-k.reserved >= max(1, waiting) {
		n := k.reserved + copy(k.all[k.reserved:], k.entries) // more slots are free than records have to move
		clear(k.all[n:])
		k.all = k.all[:n]
	}
	waiting := len(k.entries) + 1
	k.all = append(k.all, e)
	k.entries = k.all[len(k.all)-waiting:]
	k.bytes += e.Size
}

// putBack returns records to the front, in their order. They must be from the last take.
func (k *keyQueue) putBack(entries []*Entry) {
	free := len(k.all) - len(k.entries)
	k.entries = k.all[free-len(entries):]
	copy(k.entries, entries)
	k.reserved -= len(entries)
	for _, e := range entries {
		k.bytes += e.Size
	}
}

// take removes the first n records for a request.
func (k *keyQueue) take(n int) {
	for _, e := range k.entries[:n] {
		k.bytes -= e.Size
	}
	clear(k.entries[:n])
	k.entries = k.entries[n:]
	k.reserved = n
}

// endFlight ends the flight of the key's records: those that were not put back are settled.
// It reports whether records are waiting.
func (k *keyQueue) endFlight() bool {
	k.inFlight, k.reserved = false, 0
	return len(k.entries) > 0
}

// retries reports whether the first waiting record was sent before.
func (k *keyQueue) retries() bool { return !k.entries[0].Sent.IsZero() }
