package format

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"kin/internal/record"
)

// Values is the input of JSON values, one behind the other, with white space
// between them or none, each over as many lines as it likes. A record is a
// value with its own bytes. Only Data is filled.
//
// A value with broken UTF-8 in a string, and one that is too long, is a
// LineError; what is not JSON is a BrokenError, since nobody can tell where the
// next value would begin.
type Values struct {
	r    io.Reader
	max  int
	scan valueScanner
	line int64 // that is being read, from 1

	chunk   []byte // what was read; its capacity beyond that is free
	start   int    // where the current value begins in chunk
	looked  int    // chunk[start:looked] was scanned
	inside  bool   // of a value
	discard bool   // the current value is too long and its error was returned
	last    byte   // of the value before, if nothing came behind it yet
	source  []byte // the last value
	err     error  // what was read ended with
	broken  error  // what the input ended with
}

// NewValues reads values of up to most bytes.
func NewValues(r io.Reader, most int) *Values {
	return &Values{r: skipMark(r), max: most, line: 1}
}

// Next returns the next value, as soon as its last byte has been read; a
// number ends with what follows it.
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
		done, err := in.look()
		switch {
		case err != nil:
			return record.Record{}, err
		case done:
			return in.value(began)
		case in.looked-in.start > in.max:
			in.discard = true
			return record.Record{}, &LineError{began, tooLong("value", in.max)}
		}
		if err := in.more(); err != nil {
			return record.Record{}, err
		}
	}
}

// begin skips the white space in front of a value.
func (in *Values) begin() error {
	for {
		for ; in.looked < len(in.chunk); in.looked++ {
			c := in.chunk[in.looked]
			if !apart(in.last, c) {
				return in.ends(unexpected(c))
			}
			if !isSpace(c) {
				in.start, in.inside = in.looked, true
				in.scan.reset()
				return nil
			}
			if in.last = ' '; c == '\n' {
				in.line++
			}
		}
		if in.start = in.looked; in.err != nil {
			return in.err
		}
		in.fill()
	}
}

// look scans what was read of the value.
func (in *Values) look() (done bool, err error) {
	rest := in.chunk[in.looked:]
	n, done, err := in.scan.scan(rest)
	in.line += int64(bytes.Count(rest[:n], []byte{'\n'}))
	in.looked += n
	if err != nil {
		return false, in.ends(err)
	}
	return done || in.err == io.EOF && in.scan.finish(), nil
}

// apart says whether a value may begin with next behind one that ends with
// last: 1true is neither a number nor a word.
func apart(last, next byte) bool {
	switch last {
	case 0, '"', '}', ']':
		return true
	}
	return isSpace(last) || isSpace(next) || next == '"' || next == '{' || next == '['
}

// ends makes err the end of the input.
func (in *Values) ends(err error) error {
	in.broken = &BrokenError{in.line, err}
	return in.broken
}

// value hands out the value that was just scanned.
func (in *Values) value(began int64) (record.Record, error) {
	data := in.chunk[in.start:in.looked:in.looked]
	in.start, in.inside, in.source = in.looked, false, data
	in.last = data[len(data)-1]
	switch {
	case len(data) > in.max:
		return record.Record{}, &LineError{began, tooLong("value", in.max)}
	case !utf8.Valid(data):
		return record.Record{}, &LineError{began, errors.New("not valid UTF-8")}
	}
	return record.Record{Data: data}, nil
}

// more reads once, or says why there is no more of a value that is not whole.
func (in *Values) more() error {
	switch {
	case in.err == nil:
		in.fill()
		return nil
	case in.err == io.EOF:
		return in.ends(errors.New("the last value is truncated"))
	}
	return in.err
}

// fill reads once more, into a new chunk if this one is nearly full.
func (in *Values) fill() {
	if cap(in.chunk)-len(in.chunk) < chunkSize/8 {
		rest := in.chunk[in.start:]
		in.chunk = append(make([]byte, 0, max(chunkSize, 2*len(rest))), rest...)
		in.looked -= in.start
		in.start = 0
	}
	n, err := readSome(in.r, in.chunk[len(in.chunk):cap(in.chunk)])
	in.chunk, in.err = in.chunk[:len(in.chunk)+n], err
}

// Source is the value.
func (in *Values) Source() []byte { return in.source }

// WriteSource writes the value.
func (in *Values) WriteSource(w io.Writer) error {
	if !in.discard {
		_, err := w.Write(in.source)
		return err
	}
	for {
		if _, err := w.Write(in.chunk[in.start:in.looked]); err != nil {
			return err
		}
		if in.looked > in.start {
			in.last = in.chunk[in.looked-1]
		}
		in.start = in.looked
		if !in.inside {
			in.discard = false
			return nil
		}
		if err := in.more(); err != nil {
			return err
		}
		done, err := in.look()
		if err != nil {
			return err
		}
		in.inside = !done
	}
}
