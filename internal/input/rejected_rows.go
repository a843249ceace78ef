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

// CheckInputs returns an error if the rejected records of the inputs could not be separated in
// the file. Whole files have no delimiter, and CSV rows need their own header. skips means
// that the run skips records, so not all headers are checked yet. The error has WrongUsage() true,
// or it is that of reading a header.
func (f *Rejected) CheckInputs(in *Files, skips bool) error {
	oneByOne := "write each input on its own, with its own --failed file"
	switch {
	case in.form == Raw && len(f.ending) == 0 && in.manyInputs:
		return refuseHint(oneByOne, "--failed %s: several raw inputs without a delimiter cannot be separated in one file", f.Name)
	case in.form == Raw && len(f.ending) == 0 && f.notEmpty:
		return refuseHint("name a new file", "--failed %s: the file is not empty, and a raw input without a delimiter cannot be appended to it", f.Name)
	case in.form != CSV:
		return nil
	}
	if f.notEmpty {
		header, err := headerOf(f.Name, true)
		if err != nil {
			return err
		}
		f.header = header
	}
	if skips {
		return nil // it is not known yet which files are skipped
	}
	first, expected := "", f.header
	for _, name := range in.Names {
		header, err := headerOf(name, in.noDecompress)
		switch {
		case err != nil:
			return err
		case header == nil:
			continue
		case expected == nil:
			first, expected = name, header
		case format.SameHeader(expected, header):
		case first == "":
			return refuseHint("name another file", "--failed %s: it and %s have different CSV headers", f.Name, name)
		default:
			return refuse("--failed %s: %s and %s have different CSV headers; use a separate --failed for each", f.Name, name, first)
		}
	}
	return nil
}

// headerOf returns the CSV header of a file, or nil. It is nil if the header is invalid,
// which is reported when the file is read. It is also nil if the input can be read only
// once.
func headerOf(name string, noDecompress bool) ([]byte, error) {
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
	if !noDecompress {
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

// NextFunc returns in.Next with two additions: it remembers the CSV header of the records,
// and it saves rejected records that are too long to keep in memory. Neither applies to
// the first skip records. A file with another CSV header than the rows in the file of
// rejected records is an error.
func (f *Rejected) NextFunc(in *Files, skip int64) func(context.Context) (writer.Record, error) {
	read := int64(0)
	checkHeader := func() error {
		if in.current != nil && f.keepHeader(in.header()) {
			return &headerError{file: f.Name, input: in.name, read: read}
		}
		return nil
	}
	in.spill = func(write func(io.Writer) error) error {
		if read < skip {
			return nil // an earlier run has saved it
		}
		if err := checkHeader(); err != nil {
			return err
		}
		return f.copy(write)
	}
	return func(ctx context.Context) (writer.Record, error) {
		r, err := in.Next(ctx)
		var headerErr *headerError
		if read >= skip && !errors.As(err, &headerErr) {
			if bad := checkHeader(); bad != nil {
				return writer.Record{}, bad
			}
		}
		read++
		return r, err
	}
}

// keepHeader stores the CSV header of the following records, unless there is one. It
// reports whether the stored header differs.
func (f *Rejected) keepHeader(header []byte) (headerErr bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.header == nil {
		f.header = bytes.Clone(header)
	}
	return header != nil && !bytes.Equal(f.header, header) && !format.SameHeader(f.header, header)
}

// headerError is an input whose CSV header differs from that of the rows in the file.
type headerError struct {
	file, input string
	read        int64 // number of records before it
}

func (e *headerError) Error() string {
	return fmt.Sprintf("--failed %s: %s has a different CSV header from the inputs before it", e.file, e.input)
}

// Hint says what to do next.
func (e *headerError) Hint() string {
	return fmt.Sprintf("resume with --skip %d and another --failed file", e.read)
}
