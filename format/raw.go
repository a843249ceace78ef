package format

import (
	"bytes"
	"io"

	"kin/internal/record"
)

// Delimited is the input of records that end with a delimiter, such as NUL,
// whatever bytes they hold. The last needs none, and an empty input has no
// record. Only Data is filled.
type Delimited struct{ pieces splitter }

// NewDelimited reads records of up to most bytes, delimiter not counted. A
// longer one is a LineError without a line. The delimiter is not empty.
func NewDelimited(r io.Reader, delimiter []byte, most int) *Delimited {
	return &Delimited{splitter{r: r, delim: bytes.Clone(delimiter), max: most}}
}

// Next returns the next record, as soon as its delimiter has been read.
func (d *Delimited) Next() (record.Record, error) {
	data, err := d.pieces.next()
	return record.Record{Data: data}, err
}

// Source is the record with its delimiter.
func (d *Delimited) Source() []byte { return d.pieces.source }

// WriteSource writes the record with its delimiter.
func (d *Delimited) WriteSource(w io.Writer) error { return d.pieces.writeSource(w) }

// Whole is the input that is one record, whatever it holds; an empty one is an
// empty record. Only Data is filled.
type Whole struct {
	r    io.Reader
	max  int
	data []byte
	done bool
	cut  bool // there is more than data in r
	err  error
}

// NewWhole reads up to most bytes. More is a LineError without a line.
func NewWhole(r io.Reader, most int) *Whole { return &Whole{r: r, max: most} }

// Next returns all of the input, and then io.EOF.
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

// rest is the end of the input, behind what was too long of it.
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

// Source is the record.
func (w *Whole) Source() []byte {
	if w.cut {
		return nil
	}
	return w.data
}

// WriteSource writes all of the input.
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
