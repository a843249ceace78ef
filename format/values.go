package format

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"kin/internal/record"
)

// Values reads JSON values. They may have white space between them and line breaks inside.
// A record is one value, unchanged. Only Data is set.
//
// A value that is too long or has invalid UTF-8 in a string is a LineError. Input that is
// not JSON is a BrokenError, because the start of the next value is unknown.
type Values struct {
	r    io.Reader
	max  int
	scan valueScanner
	line int64 // the current line, from 1

	chunk   []byte // the bytes read; the capacity beyond them is free
	start   int    // start of the current value in chunk
	scanned int    // chunk[start:scanned] was scanned
	inside  bool   // inside a value
	discard bool   // the current value is too long, and its error was returned
	last    byte   // last byte of the value before, if nothing has followed it yet
	source  []byte // the last value
	err     error  // the error that ended the reads
	broken  error  // the error that ended the input
}

// NewValues returns a reader of values of up to maxBytes bytes.
func NewValues(r io.Reader, maxBytes int) *Values {
	return &Values{r: skipMark(r), max: maxBytes, line: 1}
}

// Next returns the next value as soon as its last byte was read. A number ends with the
// byte after it.
func (in *Values) Next() (record.Record, error) {
	in.source = nil
	if in.broken != nil {
		return record.Record{}, in.broken
	}
	if in.discard {
		if err := in.WriteSource(io.Discard); err != nil {
			return record.Record{}, err
		}
	}
	if err := in.begin(); err != nil {
		return record.Record{}, err
	}
	began := in.line
	for {
		done, err := in.scanChunk()
		switch {
		case err != nil:
			return record.Record{}, err
		case done:
			return in.value(began)
		case in.scanned-in.start > in.max:
			in.discard = true
			return record.Record{}, &LineError{began, tooLong("value", in.max)}
		}
		if err := in.readMore(); err != nil {
			return record.Record{}, err
		}
	}
}

// begin skips the white space before a value.
func (in *Values) begin() error {
	for {
		for ; in.scanned < len(in.chunk); in.scanned++ {
			c := in.chunk[in.scanned]
			if !mayFollow(in.last, c) {
				return in.fail(unexpected(c))
			}
			if !isSpace(c) {
				in.start, in.inside = in.scanned, true
				in.scan.reset()
				return nil
			}
			if in.last = ' '; c == '\n' {
				in.line++
			}
		}
		if in.start = in.scanned; in.err != nil {
			return in.err
		}
		in.fill()
	}
}

// scanChunk scans the bytes read of the value.
func (in *Values) scanChunk() (done bool, err error) {
	rest := in.chunk[in.scanned:]
	n, done, err := in.scan.scan(rest)
	in.line += int64(bytes.Count(rest[:n], []byte{'\n'}))
	in.scanned += n
	if err != nil {
		return false, in.fail(err)
	}
	return done || in.err == io.EOF && in.scan.finish(), nil
}

// mayFollow reports whether a value that begins with next may directly follow one that ends
// with last. For example, 1true is invalid.
func mayFollow(last, next byte) bool {
	switch last {
	case 0, '"', '}', ']':
		return true
	}
	return isSpace(last) || isSpace(next) || next == '"' || next == '{' || next == '['
}

// fail ends the input with err.
func (in *Values) fail(err error) error {
	in.broken = &BrokenError{in.line, err}
	return in.broken
}

// value returns the value that was just scanned.
func (in *Values) value(began int64) (record.Record, error) {
	data := in.chunk[in.start:in.scanned:in.scanned]
	in.start, in.inside, in.source = in.scanned, false, data
	in.last = data[len(data)-1]
	switch {
	case len(data) > in.max:
		return record.Record{}, &LineError{began, tooLong("value", in.max)}
	case !utf8.Valid(data):
		return record.Record{}, &LineError{began, errors.New("not valid UTF-8")}
	}
	return record.Record{Data: data}, nil
}

// readMore reads once. If the input has ended, it returns the error for an incomplete value.
func (in *Values) readMore() error {
	switch {
	case in.err == nil:
		in.fill()
		return nil
	case in.err == io.EOF:
		return in.fail(errors.New("the last value is truncated"))
	}
	return in.err
}

// fill reads once, into a new chunk if the current one is nearly full.
func (in *Values) fill() {
	if cap(in.chunk)-len(in.chunk) < chunkSize/8 {
		rest := in.chunk[in.start:]
		in.chunk = append(make([]byte, 0, max(chunkSize, 2*len(rest))), rest...)
		in.scanned -= in.start
		in.start = 0
	}
	n, err := readSome(in.r, in.chunk[len(in.chunk):cap(in.chunk)])
	in.chunk, in.err = in.chunk[:len(in.chunk)+n], err
}

// Source returns the value.
func (in *Values) Source() []byte { return in.source }

// WriteSource writes the value.
func (in *Values) WriteSource(w io.Writer) error {
	if !in.discard {
		_, err := w.Write(in.source)
		return err
	}
	for {
		if _, err := w.Write(in.chunk[in.start:in.scanned]); err != nil {
			return err
		}
		if in.scanned > in.start {
			in.last = in.chunk[in.scanned-1]
		}
		in.start = in.scanned
		if !in.inside {
			in.discard = false
			return nil
		}
		if err := in.readMore(); err != nil {
			return err
		}
		done, err := in.scanChunk()
		if err != nil {
			return err
		}
		in.inside = !done
	}
}
