package format

import (
	"bytes"
	"fmt"
	"io"

	"kin/internal/record"
)

// Input returns the records of a source one after the other, then io.EOF.
//
// The caller may keep a record: its Data never changes. Adjacent records share memory, so
// the caller must not append to Data or write to it.
//
// After a LineError, Next may be called again and continues after that record. Any other
// error is final.
type Input interface {
	Next() (record.Record, error)
	// Source returns the input of the last result of Next, unchanged and with its delimiter. It
	// stays valid as long as Data does. It is nil if there is none, or if it was too long to
	// keep.
	Source() []byte
	// WriteSource writes the same to w. If it was too long to keep, WriteSource reads the rest
	// of it from the input.
	WriteSource(w io.Writer) error
}

// LineError is a part of the input that is not a valid record. Line is its first line, from
// 1; 0 means that the input has no lines.
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

// BrokenError means that the start of the next record cannot be found. It is final.
type BrokenError struct {
	Line int64 // line of the error, from 1
	Err  error
}

func (e *BrokenError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *BrokenError) Unwrap() error { return e.Err }

// Lines reads one record per line. The line is the payload, and an empty line is an empty
// record. The last line may lack its newline. Only Data is set.
type Lines struct {
	lines splitter
	chomp bool
}

// NewLines returns a reader of lines of up to maxLine bytes, without the newline. A longer
// line is a LineError. chomp removes a carriage return before the newline; otherwise it is
// part of the payload.
func NewLines(r io.Reader, maxLine int, chomp bool) *Lines {
	return &Lines{newLines(r, maxLine), chomp}
}

// Next returns the next line as soon as its newline was read.
func (l *Lines) Next() (record.Record, error) {
	line, err := l.lines.next()
	if l.chomp {
		line = bytes.TrimSuffix(line, []byte{'\r'})
	}
	return record.Record{Data: line[:len(line):len(line)]}, err
}

// Source returns the line with its newline.
func (l *Lines) Source() []byte { return l.lines.source }

// WriteSource writes the line with its newline.
func (l *Lines) WriteSource(w io.Writer) error { return l.lines.writeSource(w) }
