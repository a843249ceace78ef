package queue

import (
	"time"

	"kin/internal/kpl"
	"kin/internal/lineage"
)

// Entry is a record of the input on its way.
type Entry struct {
	Record
	Number     int64     // in the input, from 1
	Size       int       // what it counts toward the service's limits
	BufferSize int       // what it counts toward the buffer
	Read       time.Time // when it was read

	Sent    time.Time // when it was sent first; zero before
	Failing bool      // the last request with it failed
	// Alone is set once a request with it and others was refused: then it
	// has a request of its own.
	Alone bool

	retried bool // it was sent more than once
	// unknown counts the requests with it whose outcome is not known, and copies
	// those of them after which it was sent once more.
	unknown, copies int
}

// EntryOverhead is about what an entry takes beside its bytes.
const EntryOverhead = 320

// NewEntry returns the entry of a record that was read at a time.
func NewEntry(r Record, number int64, read time.Time) *Entry {
	e := &Entry{Record: r, Number: number, Read: read}
	e.Size = len(r.Data) + len(r.PartitionKey) + len(r.ExplicitHashKey)
	e.BufferSize = e.Size + len(r.Source) + EntryOverhead
	return e
}

// Resend is what it means to a run's counts that a record is sent once more.
type Resend struct {
	Retried       bool // for the first time
	PossiblyTwice bool // for the first time after a request whose outcome is not known
	Copies        int  // how many more copies the stream may hold
}

// MarkSent notes that the record is sent.
func (e *Entry) MarkSent(now time.Time) Resend {
	if e.Sent.IsZero() {
		e.Sent = now
		return Resend{}
	}
	r := Resend{Retried: !e.retried, PossiblyTwice: e.unknown > 0 && e.copies == 0, Copies: e.unknown - e.copies}
	e.retried, e.copies = true, e.unknown
	return r
}

// UnmarkSent takes back that the record was sent once, for a request whose refusal
// is not a failure of its records.
func (e *Entry) UnmarkSent() {
	if !e.retried {
		e.Sent = time.Time{}
	}
}

// MarkUnknown notes that the outcome of the last request with the record is not
// known. It reports whether that is the first such request.
func (e *Entry) MarkUnknown() (first bool) {
	e.unknown++
	return e.unknown == 1
}

// Retried reports whether the record was sent more than once.
func (e *Entry) Retried() bool { return e.retried }

// Unsure reports whether the record may be in the stream although no answer acknowledged it.
func (e *Entry) Unsure() bool { return e.unknown > 0 }

// PossibleCopies is how many copies too many of the record the stream may hold.
func (e *Entry) PossibleCopies() int { return e.copies }

// CompareNumbers orders entries as in the input.
func CompareNumbers(a, b *Entry) int { return int(a.Number - b.Number) }

// hashKey is where a record goes in the hash key space.
func (r *Record) hashKey() lineage.HashKey {
	return kpl.Record{PartitionKey: r.PartitionKey, ExplicitHashKey: r.ExplicitHashKey}.HashKey()
}
