package format

import (
	"bytes"
	"io"

	"kin/internal/record"
)

// Delimited reads records that end with a delimiter, such as NUL. Records may contain any
// other bytes. The last record may lack its delimiter. An empty input has no record. Only
// Data is set.
type Delimited struct{ pieces splitter }

// NewDelimited returns a reader of records of up to maxBytes bytes, without the delimiter. A
// longer record is a LineError without a line. The delimiter must not be empty.
func NewDelimited(r io.Reader, delimiter []byte, maxBytes int) *Delimited {
	return &Delimited{splitter{r: r, delim: bytes.Clone(delimiter), max: maxBytes}}
}

// Next returns the next record as soon as its delimiter was read.
func (d *Delimited) Next() (record.Record, error) {
	data, err := d.pieces.next()
	return record.Record{Data: data}, err
}

// Source returns the record with its delimiter.
func (d *Delimited) Source() []byte { return d.pieces.source }

// WriteSource writes the record with its delimiter.
func (d *Delimited) WriteSource(w io.Writer) error { return d.pieces.writeSource(w) }

// Whole reads its entire input as one record. An empty input is an empty record. Only Data
// is set.
type Whole struct {
	r    io.Reader
	max  int
	data []byte
	done bool
	cut  bool // the input is longer than data
	err  error
}

// NewWhole returns a reader of an input of up to maxBytes bytes. A longer input is a LineError
// without a line.
func NewWhole(r io.Reader, maxBytes int) *Whole { return &Whole{r: r, max: maxBytes} }

// Next returns the whole input, then io.EOF.
func (w *Whole) Next() (record.Record, error) {
	if w.done {
		return record.Record{}, w.rest()
	}
	w.done = true
	data := []byte{}
	for w.err == nil && len(data) <= w.max {
		if len(data) == cap(data) {
			grown := make([]byte, len(data), min(max(chunkSize, 2*len(data)), w.max+1))
			copy(grown, data)
			data = grown
		}
		var n int
		n, w.err = readSome(w.r, data[len(data):cap(data)])
		data = data[:len(data)+n]
	}
	w.data = data
	switch {
	case len(data) > w.max:
		w.cut = true
		return record.Record{}, &LineError{0, tooLong("record", w.max)}
	case w.err != io.EOF:
		return record.Record{}, w.err
	}
	return record.Record{Data: data[:len(data):len(data)]}, nil
}

// rest discards the rest of an input that was too long, and returns its final error.
func (w *Whole) rest() error {
	w.data = nil
	if w.err == nil {
		_, w.err = io.Copy(io.Discard, w.r)
		if w.err == nil {
			w.err = io.EOF
		}
	}
	return w.err
}

// Source returns the record, or nil if it was too long.
func (w *Whole) Source() []byte {
	if w.cut {
		return nil
	}
	return w.data
}

// WriteSource writes the whole input.
func (w *Whole) WriteSource(to io.Writer) error {
	if _, err := to.Write(w.data); err != nil || !w.cut || w.err != nil {
		return err
	}
	if _, err := io.Copy(to, w.r); err != nil {
		return err
	}
	w.err = io.EOF
	return nil
}
