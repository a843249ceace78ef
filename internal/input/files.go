package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"kin/format"
	"kin/internal/await"
	"kin/internal/closing"
	"kin/internal/record"
	"kin/writer"
)

// The longest lines that can be a record: the service's largest record is
// 10 MiB, and in a JSON string a byte can take six.
const (
	maxLine       = 10 << 20
	maxRecordLine = 6*maxLine + 64<<10
)

// Files hands the records of all inputs to the writer, one file after the
// other.
type Files struct {
	Names   []string // not begun yet; - is stdin
	form    Form
	several bool
	stdin   io.Reader
	whole   bool // compressed files are not looked into
	open    func(io.Reader) format.Input
	key     func(context.Context, *record.Record) error // nil: the input has keys
	HashKey string                                      // of every record; empty: its own, if any
	pack    func(payload []byte) ([]byte, error)        // compresses payloads; nil: they stay as they are
	Ending  []byte                                      // what ends a record where it comes from
	// spill is called for a rejected record that is too long to be kept: write
	// writes it as it came. It goes on with a nil Source. nil: nobody wants it.
	spill func(write func(io.Writer) error) error

	Size       int64        // of all files; 0 when it is not known
	unmeasured bool         // one of them has none
	read       atomic.Int64 // of size; what is compressed counts as it is
	produced   atomic.Int64 // what that held
	consumed   atomic.Int64 // what of that was in records that were handed out
	timeless   atomic.Int64 // records without an arrival time
	opened     atomic.Bool  // any input was

	name    string // of the input that is read
	current format.Input
	closers closing.Closers
}

// New opens nothing yet.
func New(s Options, files []string, stdin io.Reader) *Files {
	in := &Files{Names: files, form: s.Form, several: len(files) > 1, stdin: stdin, whole: s.NoDecompress, key: s.Key, HashKey: s.HashKey, pack: s.Pack}
	if len(in.Names) == 0 {
		in.Names = []string{"-"}
	}
	switch {
	case s.Delimiter != "":
		in.Ending = []byte(s.Delimiter)
	case s.Form != Raw:
		in.Ending = []byte{'\n'}
	}
	in.open = func(r io.Reader) format.Input {
		switch s.Form {
		case Records:
			return format.NewRecords(r, maxRecordLine)
		case JSON:
			return format.NewValues(r, maxLine)
		case CSV:
			return format.NewCSV(r, maxLine)
		case Raw:
			if s.Delimiter == "" {
				return format.NewWhole(r, maxLine)
			}
			return format.NewDelimited(r, []byte(s.Delimiter), maxLine)
		case Lines:
		}
		return format.NewLines(r, maxLine, s.Chomp)
	}
	return in
}

// Check finds a file that is not there before anything is written.
func (in *Files) Check() error {
	stdin := 0
	for _, name := range in.Names {
		if name == "-" {
			if stdin++; stdin > 1 {
				return refuse("- is stdin, which can be read only once")
			}
			in.measure(in.stdinInfo())
			continue
		}
		info, err := os.Stat(name)
		var cause *os.PathError
		switch {
		case errors.As(err, &cause):
			return &fileError{name, cause.Err}
		case err != nil:
			return err
		case info.IsDir():
			return &fileError{name, errors.New("is a directory")}
		}
		in.measure(info)
	}
	if in.unmeasured {
		in.Size = 0
	}
	return nil
}

// measure adds to the size of the input that of a file, if it has one.
func (in *Files) measure(info os.FileInfo) {
	if info == nil || !info.Mode().IsRegular() {
		in.unmeasured = true
		return
	}
	in.Size += info.Size()
}

func (in *Files) stdinInfo() os.FileInfo {
	f, ok := in.stdin.(*os.File)
	if !ok {
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	return info
}

// ReadsStdin says whether stdin is one of the inputs.
func (in *Files) ReadsStdin() bool {
	for _, name := range in.Names {
		if name == "-" {
			return true
		}
	}
	return false
}

// fileError is an input that cannot be read, found before anything was
// written.
type fileError struct {
	name string
	err  error
}

func (e *fileError) Error() string { return e.name + ": " + e.err.Error() }
func (e *fileError) Unwrap() error { return e.err }

// Hint says what to do next.
func (e *fileError) Hint() string { return "nothing was written; want files, or - for stdin" }

// Next is the writer's input. A read that blocks, of a terminal or a pipe,
// does not obey ctx.
func (in *Files) Next(ctx context.Context) (writer.Record, error) {
	for {
		if in.current == nil {
			if err := in.begin(ctx); err != nil {
				return writer.Record{}, err
			}
		}
		r, err := in.current.Next()
		if err == io.EOF {
			if err := in.end(); err != nil {
				return writer.Record{}, err
			}
			continue
		}
		source := in.current.Source()
		in.consumed.Add(int64(len(source)))
		if err != nil {
			return in.reject(err)
		}
		if r.ApproximateArrivalTimestamp.IsZero() {
			in.timeless.Add(1)
		}
		if in.key != nil {
			if err := in.key(ctx, &r); err != nil {
				if ctx.Err() != nil { // it was not finished, and says nothing about the record
					return writer.Record{}, context.Cause(ctx)
				}
				return writer.Record{Source: source}, writer.Reject(in.named(err))
			}
		}
		if in.HashKey != "" {
			r.ExplicitHashKey = in.HashKey
		}
		if in.pack != nil {
			if r.Data, err = in.pack(r.Data); err != nil {
				return writer.Record{}, fmt.Errorf("compress a record: %w", err)
			}
		}
		return writer.Record{PartitionKey: r.PartitionKey, ExplicitHashKey: r.ExplicitHashKey, Data: r.Data,
			Source: source, Arrival: r.ApproximateArrivalTimestamp}, nil
	}
}

// reject says which input an error is about, and whether it is one record's.
func (in *Files) reject(err error) (writer.Record, error) {
	var (
		bad        *format.LineError
		broken     *format.BrokenError
		compressed *format.CompressionError
	)
	switch {
	case errors.As(err, &bad):
		source := in.current.Source()
		if source == nil && in.spill != nil {
			if err := in.spill(in.current.WriteSource); err != nil {
				return writer.Record{}, err
			}
		}
		err = fmt.Errorf("%s: %w", in.name, bad)
		if bad.Line > 0 {
			err = fmt.Errorf("%s, %w", in.name, bad)
		}
		return writer.Record{Source: source}, writer.Reject(err)
	case errors.As(err, &broken):
		err = fmt.Errorf("%s, %w", in.name, broken)
	case errors.As(err, &compressed):
		err = fmt.Errorf("%s: %w", in.name, compressed)
	}
	return writer.Record{}, err
}

// header is what the records of the input that is read stand below, as it came:
// a row of names. nil where there is none.
func (in *Files) header() []byte {
	if rows, ok := in.current.(*format.CSV); ok {
		return rows.Header()
	}
	return nil
}

// named says which file an error is about, where that is a question.
func (in *Files) named(err error) error {
	if !in.several {
		return err
	}
	return fmt.Errorf("%s: %w", in.name, err)
}

// begin opens the next input, or returns io.EOF.
func (in *Files) begin(ctx context.Context) error {
	if len(in.Names) == 0 {
		return io.EOF
	}
	in.opened.Store(true)
	in.name = in.Names[0]
	in.Names = in.Names[1:]
	r := in.stdin
	if in.name == "-" {
		in.name = "stdin"
	} else {
		f, err := await.OpenFile(ctx, in.name, os.O_RDONLY, 0)
		if err != nil {
			return err
		}
		in.closers.Add(f.Close)
		r = f
	}
	r = countedReader{r, &in.read}
	if !in.whole {
		data := format.Decompress(r)
		in.closers.Add(data.Close)
		r = data
	}
	in.current = in.open(countedReader{r, &in.produced})
	return nil
}

// Position is how much of size was handed out in records: of what was read, the
// part that is not ahead of them.
func (in *Files) Position() int64 {
	produced := in.produced.Load()
	if produced == 0 {
		return 0
	}
	return int64(float64(in.read.Load()) * min(1, float64(in.consumed.Load())/float64(produced)))
}

func (in *Files) end() error {
	err := in.closers.Close()
	in.current, in.closers = nil, nil
	return err
}

// WasOpened says whether any input was.
func (in *Files) WasOpened() bool { return in.opened.Load() }

// CountWithoutArrival returns how many records had no arrival time.
func (in *Files) CountWithoutArrival() int64 { return in.timeless.Load() }
