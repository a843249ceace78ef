package input

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"kin/format"
	"kin/writer"
)

// Suits says whether what is given up of an input can be told apart in the file:
// whole inputs have nothing between them, and rows can be read again only below
// their own header.
func (f *Rejected) Suits(in *Files, skips bool) error {
	apart := "write them one by one, each with a file of its own for --failed"
	switch {
	case in.form == Raw && len(f.ending) == 0 && in.several:
		return refuseHint(apart, "--failed %s: whole inputs would run together in it", f.Name)
	case in.form == Raw && len(f.ending) == 0 && f.begun:
		return refuseHint("name a new file", "--failed %s: has something in it already, and whole inputs would run together", f.Name)
	case in.form != CSV:
		return nil
	}
	if f.begun {
		header, err := headerOf(f.Name, true)
		if err != nil {
			return err
		}
		f.under = header
	}
	if skips {
		return nil // which files are passed over is not known yet
	}
	first, under := "", f.under
	for _, name := range in.Names {
		header, err := headerOf(name, in.whole)
		switch {
		case err != nil:
			return err
		case header == nil:
			continue
		case under == nil:
			first, under = name, header
		case format.SameHeader(under, header):
		case first == "":
			return refuseHint("name another file", "--failed %s: it and %s have different CSV headers", f.Name, name)
		default:
			return refuse("--failed %s: %s and %s have different CSV headers; use a separate --failed for each", f.Name, name, first)
		}
	}
	return nil
}

// headerOf is the header of a file of rows; nil where it has none that can be
// used, which whoever reads it will say, and where reading it would take it away.
func headerOf(name string, whole bool) ([]byte, error) {
	info, err := os.Stat(name)
	if name == "-" || err != nil || !info.Mode().IsRegular() {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = f
	if !whole {
		data := format.Decompress(f)
		defer data.Close()
		r = data
	}
	rows := format.NewCSV(r, maxLine)
	if _, err := rows.Next(); err != nil && rows.Header() == nil {
		return nil, nil
	}
	return rows.Header(), nil
}

// Follow returns next, and keeps what the records that it returns stand below, and
// those that are too long to be kept; what is passed over is not asked.
func (f *Rejected) Follow(in *Files, skip int64) func(context.Context) (writer.Record, error) {
	read := int64(0)
	fits := func() error {
		if in.current != nil && f.keepHeader(in.header()) {
			return &headerError{file: f.Name, input: in.name, read: read}
		}
		return nil
	}
	in.spill = func(write func(io.Writer) error) error {
		if read < skip {
			return nil // a run before has saved it
		}
		if err := fits(); err != nil {
			return err
		}
		return f.copy(write)
	}
	return func(ctx context.Context) (writer.Record, error) {
		r, err := in.Next(ctx)
		var other *headerError
		if read >= skip && !errors.As(err, &other) {
			if bad := fits(); bad != nil {
				return writer.Record{}, bad
			}
		}
		read++
		return r, err
	}
}

// keepHeader keeps the CSV header of the records that follow. It reports whether
// the file has another one.
func (f *Rejected) keepHeader(header []byte) (other bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.under == nil {
		f.under = bytes.Clone(header)
	}
	return header != nil && !bytes.Equal(f.under, header) && !format.SameHeader(f.under, header)
}

// headerError is an input whose rows cannot go where those before it go.
type headerError struct {
	file, input string
	read        int64 // records before it
}

func (e *headerError) Error() string {
	return fmt.Sprintf("--failed %s: %s has another CSV header than the inputs before it", e.file, e.input)
}

// Hint says what to do next.
func (e *headerError) Hint() string {
	return fmt.Sprintf("give --skip %d and another file for --failed", e.read)
}
