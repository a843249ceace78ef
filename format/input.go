package format

import (
	"bytes"
	"fmt"
	"io"

	"kin/internal/record"
)

// Input hands out the records of a source one after the other, and io.EOF
// behind the last.
//
// A record belongs to the caller: its Data stays as it is for as long as the
// caller holds it. Neighbouring records share memory, so Data must not be
// appended to or written over.
//
// After a LineError Next may be called again and goes on behind that record.
// Any other error is final.
type Input interface {
	Next() (record.Record, error)
	// Source is what the last result of Next was made of, as it came, with
	// what ends it there. It stays good as Data does. nil means that there is
	// none, or that it was too long to be kept.
	Source() []byte
	// WriteSource writes the same to w. What was too long to be kept it reads
	// from the input as it writes.
	WriteSource(w io.Writer) error
}

// LineError is a piece of the input that is not a record. Line is where it
// begins, counted from 1, or 0 where the input has no lines.
type LineError struct {
	Line int64
	Err  error
}

func (e *LineError) Error() string {
	if e.Line == 0 {
		return e.Err.Error()
	}
	return fmt.Sprintf("line %d: %v", e.Line, e.Err)
}

func (e *LineError) Unwrap() error { return e.Err }

// BrokenError is an input behind which it cannot be told any more where a record
// begins. It is final.
type BrokenError struct {
	Line int64 // of the fault, from 1
	Err  error
}

func (e *BrokenError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *BrokenError) Unwrap() error { return e.Err }

// Lines is the input of one record a line, the line being the payload. An
// empty line is an empty record, and the last line needs no newline. Only Data
// is filled.
type Lines struct {
	lines splitter
	chomp bool
}

// NewLines reads lines of at most maxLine bytes, newline not counted. A longer
// one is a LineError. A carriage return before the newline belongs to the
// payload, unless chomp takes it away.
func NewLines(r io.Reader, maxLine int, chomp bool) *Lines {
	return &Lines{newLines(r, maxLine), chomp}
}

// Next returns the next line, as soon as its newline has been read.
func (l *Lines) Next() (record.Record, error) {
	line, err := l.lines.next()
	if l.chomp {
		line = bytes.TrimSuffix(line, []byte{'\r'})
	}
	return record.Record{Data: line[:len(line):len(line)]}, err
}

// Source is the line with its newline.
func (l *Lines) Source() []byte { return l.lines.source }

// WriteSource writes the line with its newline.
func (l *Lines) WriteSource(w io.Writer) error { return l.lines.writeSource(w) }
