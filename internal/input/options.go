// Package input reads the records of files and of stdin. It also saves rejected records,
// unchanged, in a file.
package input

import (
	"context"

	"kin/internal/record"
)

// Form is the format of an input. It determines how the input is divided into records.
type Form string

// The input formats.
const (
	Lines   Form = "lines"
	Records Form = "records" // JSON lines as kin read prints them
	JSON    Form = "json"    // JSON values
	CSV     Form = "csv"     // rows after a header
	Raw     Form = "raw"     // each file is one record, unless there is a delimiter
)

// Options describe the inputs and how their records are changed.
type Options struct {
	Form         Form
	Chomp        bool   // remove the carriage return at the end of each line
	Delimiter    string // ends the records of raw; empty means the end of the file
	NoDecompress bool   // do not decompress compressed files
	Key          func(context.Context, *record.Record) error
	HashKey      string
	Compress     func(payload []byte) ([]byte, error)
}
