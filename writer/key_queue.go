package writer

import "kin/internal/kpl"

// keyQueue holds what waits of one partition key, in the order of the input.
// While a request with the key is in flight no other one takes it, so that
// records of a key do not pass each other between requests.
type keyQueue struct {
	name    string
	hash    kpl.HashKey // of its first record
	lane    *lane
	entries []*entry // what waits: the end of all
	bytes   int      // what that counts

	// all begins with the places of entries that were taken. The last of them, as
	// many as are in flight, are kept free: what fails goes back there without a
	// copy of the queue.
	all    []*entry
	flying int

	few      [1]*entry // where all begins: most keys have one record
	ready    bool      // it is in its lane
	inFlight bool
}

// push adds a record behind the others.
func (k *keyQueue) push(e *entry) {
	if k.all == nil {
		k.all = k.few[:0]
	}
	if waiting := len(k.entries); len(k.all) == cap(k.all) && len(k.all)-waiting-k.flying >= max(1, waiting) {
		n := k.flying + copy(k.all[k.flying:], k.entries) // more places are free than records move
		clear(k.all[n:])
		k.all = k.all[:n]
	}
	waiting := len(k.entries) + 1
	k.all = append(k.all, e)
	k.entries = k.all[len(k.all)-waiting:]
	k.bytes += e.size
}

// back puts records in front again, in their order: some of those that drop took
// last.
func (k *keyQueue) back(entries []*entry) {
	free := len(k.all) - len(k.entries)
	k.entries = k.all[free-len(entries):]
	copy(k.entries, entries)
	k.flying -= len(entries)
	for _, e := range entries {
		k.bytes += e.size
	}
}

// drop takes the first n records off, for a request.
func (k *keyQueue) drop(n int) {
	for _, e := range k.entries[:n] {
		k.bytes -= e.size
	}
	clear(k.entries[:n])
	k.entries = k.entries[n:]
	k.flying = n
}
