package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"kin/reader"
)

// Input hands out the records of a source one after the other, and io.EOF
// behind the last.
//
// A record belongs to the caller: its Data stays as it is for as long as the
// caller holds it. Records of neighbouring lines share memory, so Data must
// not be appended to or written over.
//
// After a LineError Next may be called again and goes on behind that line. Any
// other error is final.
type Input interface {
	Next() (reader.Record, error)
}

// LineError is a line that is not a record. Lines count from 1.
type LineError struct {
	Line int64
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// Lines is the input of one record a line, the line being the payload. An
// empty line is an empty record, the last line needs no newline, and a carriage
// return before the newline is part of the payload. Only Data is filled.
type Lines struct{ lines lineReader }

// NewLines reads lines of at most maxLine bytes, newline not counted. A longer
// one is a LineError.
func NewLines(r io.Reader, maxLine int) *Lines {
	return &Lines{lineReader{r: r, max: maxLine}}
}

// Next returns the next line, as soon as its newline has been read.
func (l *Lines) Next() (reader.Record, error) {
	line, err := l.lines.next()
	return reader.Record{Data: line}, err
}

// chunkSize is how much lineReader reads at once.
const chunkSize = 256 << 10

var errLineTooLong = errors.New("line too long")

// lineReader cuts its source into lines. It reads into chunks which it never
// writes to twice, so the lines it has handed out stay good; that costs one
// allocation a chunk instead of one a line.
type lineReader struct {
	r    io.Reader
	max  int
	line int64 // lines begun so far

	chunk   []byte // what was read; its capacity beyond that is free
	start   int    // where the current line begins in chunk
	looked  int    // chunk[start:looked] holds no newline
	discard bool   // the current line is too long and its error was returned
	err     error  // what the source ended with
}

// next returns the next line without its newline. The capacity of the line is
// its length.
func (l *lineReader) next() ([]byte, error) {
	if !l.discard {
		l.line++
	}
	for {
		if n := bytes.IndexByte(l.chunk[l.looked:], '\n'); n >= 0 {
			from, to := l.start, l.looked+n
			l.start, l.looked = to+1, to+1
			if l.discard {
				l.discard = false
				l.line++
				continue
			}
			if to-from > l.max {
				return nil, l.tooLong()
			}
			return l.chunk[from:to:to], nil
		}
		l.looked = len(l.chunk)
		if l.discard {
			l.start = l.looked
		}
		rest := len(l.chunk) - l.start
		switch {
		case rest > l.max:
			l.discard = true
			return nil, l.tooLong()
		case l.err == nil:
			l.fill()
		case l.err == io.EOF && rest > 0:
			from := l.start
			l.start = l.looked
			return l.chunk[from:l.looked:l.looked], nil
		default:
			return nil, l.err
		}
	}
}

func (l *lineReader) tooLong() error {
	return &LineError{l.line, fmt.Errorf("%w: more than %d bytes", errLineTooLong, l.max)}
}

// fill reads once more, into a new chunk if this one is nearly full.
func (l *lineReader) fill() {
	if cap(l.chunk)-len(l.chunk) < chunkSize/8 {
		rest := l.chunk[l.start:]
		l.chunk = append(make([]byte, 0, max(chunkSize, 2*len(rest))), rest...)
		l.start, l.looked = 0, len(rest)
	}
	for range 100 {
		n, err := l.r.Read(l.chunk[len(l.chunk):cap(l.chunk)])
		l.chunk = l.chunk[:len(l.chunk)+n]
		l.err = err
		if n > 0 || err != nil {
			return
		}
	}
	l.err = io.ErrNoProgress
}
