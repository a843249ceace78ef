package writer

import "time"

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
