package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"kin/internal/record"
)

// CSV reads comma-separated values (RFC 4180) with a header. A record is a row as a JSON
// object: the header's names in their order, and every value as a string. Empty lines are
// skipped. Only Data is set.
//
// A row is a LineError if its number of fields differs from the header, a quote is
// misplaced, or it is not UTF-8. An unclosed quote and an invalid header are a BrokenError.
type CSV struct {
	lines splitter
	max   int
	row   csvRow

	header []byte   // unchanged, with its newline; nil before it was read
	names  [][]byte // names of the header as JSON strings, each with a colon
	size   int      // total bytes of the names, with JSON punctuation
	source []byte   // the last row, unchanged
	broken error    // the error that ended the input
}

// NewCSV returns a reader of rows of up to maxBytes bytes.
func NewCSV(r io.Reader, maxBytes int) *CSV {
	return &CSV{lines: newLines(skipMark(r), maxBytes), max: maxBytes}
}

// Next returns the next row. Its first call also reads the header.
func (in *CSV) Next() (record.Record, error) {
	in.source = nil
	if in.broken == nil && in.header == nil {
		in.broken = in.readHeader()
	}
	if in.broken != nil {
		return record.Record{}, in.broken
	}
	began, err := in.read()
	if err != nil {
		return record.Record{}, err
	}
	if n := len(in.row.ends); n != len(in.names) {
		return record.Record{}, &LineError{began, fmt.Errorf("%s, but the header has %d", fields(n), len(in.names))}
	}
	return record.Record{Data: in.object()}, nil
}

// fields formats a number of fields.
func fields(n int) string {
	if n == 1 {
		return "1 field"
	}
	return fmt.Sprintf("%d fields", n)
}

// readHeader reads the header.
func (in *CSV) readHeader() error {
	began, err := in.read()
	var bad *LineError
	switch {
	case errors.As(err, &bad):
		return &BrokenError{bad.Line, fmt.Errorf("header: %w", bad.Err)}
	case err != nil:
		return err
	}
	seen := map[string]bool{}
	in.row.each(func(name []byte) {
		if seen[string(name)] && err == nil {
			err = &BrokenError{began, fmt.Errorf("header: the name %q occurs twice", name)}
		}
		seen[string(name)] = true
		in.names = append(in.names, append(appendQuoted(nil, name), ':'))
		in.size += len(name) + len(`"":"",`)
	})
	in.header, in.source = bytes.Clone(in.source), nil
	return err
}

// Header returns the header, unchanged; nil before the first call of Next.
func (in *CSV) Header() []byte { return in.header }

// SameHeader reports whether two headers have the same names in the same order, even if
// they are quoted differently.
func SameHeader(a, b []byte) bool {
	names := func(header []byte) [][]byte {
		in := NewCSV(bytes.NewReader(header), len(header))
		if err := in.readHeader(); err != nil {
			return nil
		}
		return in.names
	}
	return slices.EqualFunc(names(a), names(b), bytes.Equal)
}

// read reads the next row into in.row. It returns the number of the row's first line.
func (in *CSV) read() (began int64, err error) {
	for {
		line, err := in.lines.next()
		began := in.lines.count
		if err != nil {
			return began, err
		}
		if len(line) == 0 || string(line) == "\r" {
			continue
		}
		in.source = in.lines.source
		in.row.reset()
		if err := in.row.feed(line); err != nil {
			return began, &LineError{began, err}
		}
		if in.row.quoted {
			in.source = bytes.Clone(in.source)
			if err := in.readOn(began); err != nil {
				return began, err
			}
		}
		if !utf8.Valid(in.row.text) {
			return began, &LineError{began, errors.New("not valid UTF-8")}
		}
		return began, nil
	}
}

// readOn reads the further lines of a row with a line break in a quoted field.
func (in *CSV) readOn(began int64) error {
	for in.row.quoted {
		line, err := in.lines.next()
		var bad *LineError
		switch {
		case errors.As(err, &bad), len(in.source)+len(line) > in.max:
			in.broken = &BrokenError{began, fmt.Errorf("a quote that is not closed, or a row too long: more than %d bytes", in.max)}
			return in.broken
		case err == io.EOF:
			in.broken = &BrokenError{began, errors.New("a quote that is not closed")}
			return in.broken
		case err != nil:
			return err
		}
		in.source = append(in.source, in.lines.source...)
		if err := in.row.feed(line); err != nil {
			return &LineError{began, err}
		}
	}
	return nil
}

// object returns the row as a JSON object.
func (in *CSV) object() []byte {
	object := make([]byte, 0, len(in.row.text)+in.size+len("{}"))
	object = append(object, '{')
	i := 0
	in.row.each(func(field []byte) {
		if i > 0 {
			object = append(object, ',')
		}
		object = append(object, in.names[i]...)
		object = appendQuoted(object, field)
		i++
	})
	object = append(object, '}')
	return object[:len(object):len(object)]
}

// Source returns the row with its newline.
func (in *CSV) Source() []byte {
	if in.source == nil {
		return in.lines.source
	}
	return in.source
}

// WriteSource writes the row with its newline.
func (in *CSV) WriteSource(w io.Writer) error {
	if in.source == nil {
		return in.lines.writeSource(w)
	}
	_, err := w.Write(in.source)
	return err
}

// csvRow parses the lines of one row.
type csvRow struct {
	text   []byte // all fields, without separators
	ends   []int  // the end of each field in text
	quoted bool   // the last line ended inside quotes
}

func (r *csvRow) reset() { r.text, r.ends, r.quoted = r.text[:0], r.ends[:0], false }

func (r *csvRow) each(do func(field []byte)) {
	from := 0
	for _, end := range r.ends {
		do(r.text[from:end])
		from = end
	}
}

func (r *csvRow) end() { r.ends = append(r.ends, len(r.text)) }

var errQuote = errors.New(`misplaced quote: put the whole field in quotes and double each quote inside it`)

// feed parses one line, without its newline.
func (r *csvRow) feed(line []byte) error {
	whole := line
	line = bytes.TrimSuffix(line, []byte{'\r'})
	for {
		if !r.quoted && (len(line) == 0 || line[0] != '"') {
			field, rest, more := bytes.Cut(line, []byte{','})
			if bytes.IndexByte(field, '"') >= 0 {
				return errQuote
			}
			r.text = append(r.text, field...)
			r.end()
			if line = rest; !more {
				return nil
			}
			continue
		}
		if !r.quoted {
			r.quoted, line = true, line[1:]
		}
		text, rest, found := bytes.Cut(line, []byte{'"'})
		r.text = append(r.text, text...)
		if !found { // the line break is part of the field
			r.text = append(append(r.text, whole[len(bytes.TrimSuffix(whole, []byte{'\r'})):]...), '\n')
			return nil
		}
		switch line = rest; {
		case len(line) == 0:
			r.quoted = false
			r.end()
			return nil
		case line[0] == '"':
			r.text, line = append(r.text, '"'), line[1:]
		case line[0] == ',':
			r.quoted, line = false, line[1:]
			r.end()
		default:
			return errQuote
		}
	}
}
