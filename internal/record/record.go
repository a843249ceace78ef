// Package record has the words that all rooms share: a record, a position, and
// the name of a stream. It does no I/O.
package record

import "time"

// Record is one user record as a reader delivers it: a plain record of the
// service, or one of the records inside a KPL aggregate.
type Record struct {
	Stream         string // stream name
	ShardID        string
	SequenceNumber string // decimal, as the service gave it

	// SubSequenceNumber is the record's index inside its KPL aggregate. It
	// means something only when Aggregated is true.
	SubSequenceNumber int64
	Aggregated        bool

	PartitionKey string
	// ExplicitHashKey is a decimal number in 0..2^128-1, or empty. The service
	// does not return the explicit hash keys of plain records, so a reader
	// fills it only for records of an aggregate.
	ExplicitHashKey string

	// ApproximateArrivalTimestamp has millisecond precision and is zero when
	// the service did not send one.
	ApproximateArrivalTimestamp time.Time

	// Data is the payload. It is valid only until the call it was passed to
	// returns.
	Data []byte
}
