package queue

import "kin/internal/lineage"

// keyQueue holds the waiting records of one partition key, in the order of the
// input. While a request with the key is in flight no other one takes it, so that
// records of a key do not pass each other between requests.
type keyQueue struct {
	name    string
	hash    lineage.HashKey // of its first record
	entries []*Entry        // what waits: the end of all
	bytes   int             // what that counts

	// all begins with the places of entries that were taken. The last of them, as
	// many as are in flight, are kept free: what fails goes back there without a
	// copy of the queue.
	all      []*Entry
	reserved int // free places at the end of those

	inline   [1]*Entry // where all begins: most keys have one record
	ready    bool      // it is in its shard's queue
	inFlight bool
}

// push adds a record behind the others.
func (k *keyQueue) push(e *Entry) {
	if k.all == nil {
		k.all = k.inline[:0]
	}
	if waiting := len(k.entries); len(k.all) == cap(k.all) && len(k.all)-waiting-k.reserved >= max(1, waiting) {
		n := k.reserved + copy(k.all[k.reserved:], k.entries) // more places are free than records move
		clear(k.all[n:])
		k.all = k.all[:n]
	}
	waiting := len(k.entries) + 1
	k.all = append(k.all, e)
	k.entries = k.all[len(k.all)-waiting:]
	k.bytes += e.Size
}

// putBack puts records in front again, in their order: some of those that take
// took last.
func (k *keyQueue) putBack(entries []*Entry) {
	free := len(k.all) - len(k.entries)
	k.entries = k.all[free-len(entries):]
	copy(k.entries, entries)
	k.reserved -= len(entries)
	for _, e := range entries {
		k.bytes += e.Size
	}
}

// take takes the first n records off, for a request.
func (k *keyQueue) take(n int) {
	for _, e := range k.entries[:n] {
		k.bytes -= e.Size
	}
	clear(k.entries[:n])
	k.entries = k.entries[n:]
	k.reserved = n
}

// settled ends the flight of the key's records: those that were not put back are
// done. It reports whether any wait.
func (k *keyQueue) settled() bool {
	k.inFlight, k.reserved = false, 0
	return len(k.entries) > 0
}

// retries reports whether the first record was sent before.
func (k *keyQueue) retries() bool { return !k.entries[0].Sent.IsZero() }
