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

// CSV is the input of comma-separated values as RFC 4180 has them, with a
// header. A record is a row as a JSON object: the header's names in their
// order, every value a string with its own characters. Empty lines are no
// rows. Only Data is filled.
//
// A row that does not fit the header, has a quote where none may be, or is not
// UTF-8 is a LineError. A quote that is not closed, and a header that cannot be
// used, is a BrokenError.
type CSV struct {
	lines splitter
	max   int
	row   csvRow

	header []byte   // as it came
	names  [][]byte // of the header, as JSON has them, with their colons
	size   int      // of all names
	source []byte   // the last row
	broken error    // what the input ended with
}

// NewCSV reads rows of up to most bytes.
func NewCSV(r io.Reader, most int) *CSV {
	return &CSV{lines: newLines(skipMark(r), most), max: most}
}

// Next returns the next row. Its first call reads the header too.
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
		return record.Record{}, &LineError{began, fmt.Errorf("%s, where the header has %d", fields(n), len(in.names))}
	}
	return record.Record{Data: in.object()}, nil
}

// fields is n with its noun.
func fields(n int) string {
	if n == 1 {
		return "1 field"
	}
	return fmt.Sprintf("%d fields", n)
}

// readHeader reads the names.
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

// Header is the header as it came; nil before the first row was asked for.
func (in *CSV) Header() []byte { return in.header }

// SameHeader says whether rows below one header can be read below the other too:
// whether they have the same names in the same order, however they are written.
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

// read reads the next row into in.row, and says in which line it began.
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

// object is the row as JSON.
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

// Source is the row with its newline.
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

// csvRow takes the lines of one row apart.
type csvRow struct {
	text   []byte // the fields, one behind the other
	ends   []int  // where each ends
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

var errQuote = errors.New(`a quote in the middle of a field (want the field in quotes, and its quotes doubled)`)

// feed takes one line, without its newline.
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
		if !found { // the line break is the field's
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
