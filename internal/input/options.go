// Package input reads the records of files and of stdin, and keeps those that were
// rejected in a file, as they came.
package input

import (
	"context"

	"kin/internal/record"
)

// Form is how an input is divided into records.
type Form string

// The forms.
const (
	Lines   Form = "lines"
	Records Form = "records" // lines as kin read prints them
	JSON    Form = "json"    // JSON values
	CSV     Form = "csv"     // rows below a header
	Raw     Form = "raw"     // each file is a record, or what its delimiter ends
)

// Options say what an input is and what its records become.
type Options struct {
	Form         Form
	Chomp        bool   // takes the carriage return from the end of each line
	Delimiter    string // ends records of raw; empty is the end of the file
	NoDecompress bool   // compressed files are not looked into
	Key          func(context.Context, *record.Record) error
	HashKey      string
	Pack         func(payload []byte) ([]byte, error)
}
