package writer

import "time"

// Record is one record to write. The writer copies what it is made of, so it
// may share memory with other records for as long as next is called for it;
// data of more than 128 KiB is not copied and must not change until Run has
// returned.
type Record struct {
	PartitionKey    string // 1 to 256 characters
	ExplicitHashKey string // a decimal number below 2^128, or empty
	// Data is the payload. nil is an empty payload.
	Data []byte
	// Source is the record as it came, for Options.Rejected: the bytes of the
	// input that it was made from, with what ends it there, such as the newline
	// of a line. Without Rejected it is not looked at.
	Source []byte
	// Arrival is when the record once arrived in the stream it was read from,
	// for Options.Pace. The zero time is not waited for.
	Arrival time.Time
}

// Result is what became of one record of the input.
type Result struct {
	Record int64 // its number, from 1

	ShardID        string
	SequenceNumber string // empty when it was not written
	// SubSequenceNumber is the record's index in its aggregate, if it is in
	// one.
	SubSequenceNumber *int

	// ErrorCode is the service's, or Rejected for a record that can never be
	// accepted, NoAnswer for one that no answer told of, NotWritten for one
	// that was read and not written when the run ended. The message of one that
	// may be in the stream all the same says so.
	ErrorCode, ErrorMessage string
}

// Rejection is a record that is given up.
type Rejection struct {
	Record // as next returned it
	Number int64
	Reason string
	Unsure bool // it may be in the stream all the same
}
