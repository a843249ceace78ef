package queue

import (
	"time"

	"kin/internal/kpl"
	"kin/internal/lineage"
)

// Entry is a record of the input that is queued, in flight, or settled.
type Entry struct {
	Record
	Number     int64     // number in the input, from 1
	Size       int       // bytes that count toward the service's limits
	BufferSize int       // bytes that count toward the backlog's limit
	Read       time.Time // when it was read

	Sent    time.Time // when it was sent first; zero if it was not sent yet
	Failing bool      // the last request with it failed
	// Alone is set after the service refused a request with it and other records. It then needs
	// a request of its own.
	Alone bool

	retried bool // it was sent more than once
	// unknown counts the requests with it that had no valid answer. copies counts those of them
	// after which it was sent again.
	unknown, copies int
}

// EntryOverhead is the approximate memory of an entry in bytes, besides its data.
const EntryOverhead = 320

// NewEntry returns the entry of a record. read is when it was read from the input.
func NewEntry(r Record, number int64, read time.Time) *Entry {
	e := &Entry{Record: r, Number: number, Read: read}
	e.Size = len(r.Data) + len(r.PartitionKey) + len(r.ExplicitHashKey)
	e.BufferSize = e.Size + len(r.Source) + EntryOverhead
	return e
}

// Resend describes what sending a record again adds to the counts of a run.
type Resend struct {
	Retried       bool // this is its first retry
	PossiblyTwice bool // this is its first retry after a request without a valid answer
	Copies        int  // additional copies that the stream may hold
}

// MarkSent notes that the record is sent now.
func (e *Entry) MarkSent(now time.Time) Resend {
	if e.Sent.IsZero() {
		e.Sent = now
		return Resend{}
	}
	r := Resend{Retried: !e.retried, PossiblyTwice: e.unknown > 0 && e.copies == 0, Copies: e.unknown - e.copies}
	e.retried, e.copies = true, e.unknown
	return r
}

// UnmarkSent undoes the first MarkSent. It is for a request whose refusal was not a failure
// of its records.
func (e *Entry) UnmarkSent() {
	if !e.retried {
		e.Sent = time.Time{}
	}
}

// MarkUnknown notes that the last request with the record had no valid answer. It reports
// whether that was the first such request.
func (e *Entry) MarkUnknown() (first bool) {
	e.unknown++
	return e.unknown == 1
}

// Retried reports whether the record was sent more than once.
func (e *Entry) Retried() bool { return e.retried }

// PossiblyWritten reports whether the record may be in the stream without an acknowledgement.
func (e *Entry) PossiblyWritten() bool { return e.unknown > 0 }

// PossibleCopies is the number of surplus copies of the record that the stream may hold.
func (e *Entry) PossibleCopies() int { return e.copies }

// CompareNumbers sorts entries in input order.
func CompareNumbers(a, b *Entry) int { return int(a.Number - b.Number) }

// hashKey is the record's position in the hash key space.
func (r *Record) hashKey() lineage.HashKey {
	return kpl.Record{PartitionKey: r.PartitionKey, ExplicitHashKey: r.ExplicitHashKey}.HashKey()
}
