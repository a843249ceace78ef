package queue

import "time"

// Record is one record to write.
type Record struct {
	PartitionKey    string // 1 to 256 characters
	ExplicitHashKey string // a decimal number below 2^128, or empty
	// Data is the payload. nil is an empty payload.
	Data []byte
	// Source is the record as it came, for writer.Options.Rejected: the bytes of the
	// input that it was made from, with what ends it there, such as the newline
	// of a line. Without Rejected it is not looked at.
	Source []byte
	// Arrival is when the record once arrived in the stream it was read from,
	// for writer.Options.Pace. The zero time is not waited for.
	Arrival time.Time
}
