// Package record defines the types that all packages share: a record, a position, and the
// name of a stream. It does no I/O.
package record

import "time"

// Record is one user record that a reader delivers: a plain record of the service, or a
// record of a KPL aggregate.
type Record struct {
	Stream         string // stream name
	ShardID        string
	SequenceNumber string // decimal, as the service returned it

	// SubSequenceNumber is the record's index in its KPL aggregate. It is valid only if
	// Aggregated is true.
	SubSequenceNumber int64
	Aggregated        bool

	PartitionKey string
	// ExplicitHashKey is a decimal number in 0..2^128-1, or empty. The service does not return
	// the explicit hash keys of plain records, so it is set only for records of an aggregate.
	ExplicitHashKey string

	// ApproximateArrivalTimestamp has millisecond precision. It is zero if the service did not
	// send one.
	ApproximateArrivalTimestamp time.Time

	// Data is the payload. It is valid only during the call that the record is passed to.
	Data []byte
}
