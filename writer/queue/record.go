package queue

import "time"

// Record is one record to write.
type Record struct {
	PartitionKey    string // 1 to 256 characters
	ExplicitHashKey string // a decimal number below 2^128, or empty
	// Data is the payload. nil means an empty payload.
	Data []byte
	// Source is the input that the record was made from, including its delimiter such as a
	// newline. It is passed to writer.Options.Rejected, and not used without it.
	Source []byte
	// Arrival is when the record arrived in the stream it was read from. It is used for
	// writer.Options.Pace. A zero time causes no pause.
	Arrival time.Time
}
