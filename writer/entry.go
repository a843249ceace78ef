package writer

import (
	"time"

	"kin/internal/kpl"
)

// entry is a record of the input on its way.
type entry struct {
	Record
	number  int64     // in the input, from 1
	size    int       // what it counts toward the service's limits
	held    int       // what it counts toward the buffer
	arrived time.Time // when it was read

	sent    time.Time // when it was sent first
	retried bool      // it was sent more than once
	failing bool      // the last request with it failed
	suspect bool      // a request with it and others was refused: it goes alone
	// unknown counts the requests with it whose outcome is not known, and again
	// those of them after which it was sent once more.
	unknown, again int
}

// unsure says that the record may be in the stream without its being known.
func (e *entry) unsure() bool { return e.unknown > 0 }

// entryOverhead is about what an entry takes beside its bytes.
const entryOverhead = 320

func newEntry(r Record, number int64, arrived time.Time) *entry {
	e := &entry{Record: r, number: number, arrived: arrived}
	e.size = len(r.Data) + len(r.PartitionKey) + len(r.ExplicitHashKey)
	e.held = e.size + len(r.Source) + entryOverhead
	return e
}

// keyQueue holds what waits of one partition key, in the order of the input.
// While a request with the key is in flight no other one takes it, so that
// records of a key do not pass each other between requests.
type keyQueue struct {
	name     string
	hash     kpl.HashKey // of its first record
	lane     *lane
	entries  []*entry
	bytes    int       // what they count
	few      [1]*entry // where entries begins: most keys have one record
	ready    bool      // it is in its lane
	inFlight bool
}

// push adds a record behind the others.
func (k *keyQueue) push(e *entry) {
	if k.entries == nil {
		k.entries = k.few[:0]
	}
	k.entries = append(k.entries, e)
	k.bytes += e.size
}

// back puts records in front again, in their order.
func (k *keyQueue) back(entries []*entry) {
	k.entries = append(append(make([]*entry, 0, len(entries)+len(k.entries)), entries...), k.entries...)
	for _, e := range entries {
		k.bytes += e.size
	}
}

// drop takes the first n records off.
func (k *keyQueue) drop(n int) {
	for _, e := range k.entries[:n] {
		k.bytes -= e.size
	}
	clear(k.entries[:n])
	k.entries = k.entries[n:]
}
