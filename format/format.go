// Package format turns records into bytes and bytes into records.
//
// A writer of records (JSON, Pretty) has one method,
//
//	Append(dst []byte, r record.Record) ([]byte, error)
//
// which appends the whole printed record, newline included, and keeps no state
// between records, so that one value serves any number of goroutines. When it
// returns an error, dst comes back as it was.
//
// A reader of records (Lines, Records) is an Input: it hands out one record
// after the other until io.EOF.
//
// The package does no I/O of its own beyond the io.Reader it is given, and it
// never decides by itself whether to use colour: that is an option.
package format
