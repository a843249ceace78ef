// Package format converts records to bytes and bytes to records.
//
// A writer of records (JSON, Pretty) has one method:
//
//	Append(dst []byte, r record.Record) ([]byte, error)
//
// outputMode in cmd/tail.go selects the writer. It appends the printed record with its newline. It keeps no state between records, so one
// value is safe for concurrent use. On an error it returns dst unchanged.
//
// A reader of records (Lines, Records) is an Input. It returns one record after the other,
// then io.EOF.
//
// The package does no I/O except for the io.Reader that it is given. The caller decides
// whether to use colour.
package format
