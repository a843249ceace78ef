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

// The maximum length of a line or record in bytes. The service's largest record is 10 MiB.
// In a JSON string a byte needs up to six bytes.
const (
	maxLine       = 10 << 20
	maxRecordLine = 6*maxLine + 64<<10
)

// Files reads the records of all inputs, one file after the other. Next is the writer's
// input. Position, WasOpened and CountWithoutArrival are safe for concurrent use.
type Files struct {
	Names        []string // inputs that are not open yet; - is stdin
	form         Form
	manyInputs   bool
	stdin        io.Reader
	noDecompress bool // do not decompress
	open         func(io.Reader) format.Input
	key          func(context.Context, *record.Record) error // sets the partition key of a record; nil: the input has keys
	HashKey      string                                      // explicit hash key of every record; empty: the record's own, if any
	compress     func(payload []byte) ([]byte, error)        // compresses payloads; nil: no compression
	Ending       []byte                                      // the delimiter after each record of the input; empty: none
	// spill is called for a rejected record that is too long to keep in memory. write writes
	// the record unchanged. The rejection then has a nil Source. A nil spill drops the record.
	spill func(write func(io.Writer) error) error

	Size           int64        // total size of all files in bytes; 0 if it is not known
	sizeUnknown    bool         // the size of an input is not known
	read           atomic.Int64 // bytes read from the files, before decompression
	produced       atomic.Int64 // bytes after decompression
	consumed       atomic.Int64 // those of produced that belong to records returned by Next
	withoutArrival atomic.Int64 // records without an arrival time
	opened         atomic.Bool  // an input was opened

	name    string // the current input
	current format.Input
	closers closing.Closers
}

// New returns the inputs. It opens no file. Without files it reads stdin.
func New(s Options, files []string, stdin io.Reader) *Files {
	in := &Files{Names: files, form: s.Form, manyInputs: len(files) > 1, stdin: stdin, noDecompress: s.NoDecompress, key: s.Key, HashKey: s.HashKey, compress: s.Compress}
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

// Check checks that all files exist, before anything is written. It also sets Size. An error names
// the file; it has WrongUsage() true if stdin is named twice.
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
	if in.sizeUnknown {
		in.Size = 0
	}
	return nil
}

// measure adds the size of a file to Size, if it is known.
func (in *Files) measure(info os.FileInfo) {
	if info == nil || !info.Mode().IsRegular() {
		in.sizeUnknown = true
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

// ReadsStdin reports whether stdin is one of the remaining inputs.
func (in *Files) ReadsStdin() bool {
	for _, name := range in.Names {
		if name == "-" {
			return true
		}
	}
	return false
}

// fileError is an input that cannot be read. It is returned before anything is written.
type fileError struct {
	name string
	err  error
}

func (e *fileError) Error() string { return e.name + ": " + e.err.Error() }
func (e *fileError) Unwrap() error { return e.err }

// Hint says what to do next.
func (e *fileError) Hint() string { return "nothing was written; give files, or - for stdin" }

// Next returns the next record. It is the writer's input. A blocking read of a terminal or
// a pipe does not end with ctx.
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
			in.withoutArrival.Add(1)
		}
		if in.key != nil {
			if err := in.key(ctx, &r); err != nil {
				if ctx.Err() != nil { // the key was not computed completely; the record is not at fault
					return writer.Record{}, context.Cause(ctx)
				}
				return writer.Record{Source: source}, writer.Reject(in.named(err))
			}
		}
		if in.HashKey != "" {
			r.ExplicitHashKey = in.HashKey
		}
		if in.compress != nil {
			if r.Data, err = in.compress(r.Data); err != nil {
				return writer.Record{}, fmt.Errorf("compress a record: %w", err)
			}
		}
		return writer.Record{PartitionKey: r.PartitionKey, ExplicitHashKey: r.ExplicitHashKey, Data: r.Data,
			Source: source, Arrival: r.ApproximateArrivalTimestamp}, nil
	}
}

// reject adds the name of the input to an error. If it concerns a single record, reject
// returns a writer.Reject error.
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

// header returns the CSV header of the current input, unchanged; nil if it has none.
func (in *Files) header() []byte {
	if rows, ok := in.current.(*format.CSV); ok {
		return rows.Header()
	}
	return nil
}

// named adds the name of the input to an error if there are several inputs.
func (in *Files) named(err error) error {
	if !in.manyInputs {
		return err
	}
	return fmt.Errorf("%s: %w", in.name, err)
}

// begin opens the next input. It returns io.EOF after the last one.
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
	if !in.noDecompress {
		data := format.Decompress(r)
		in.closers.Add(data.Close)
		r = data
	}
	in.current = in.open(countedReader{r, &in.produced})
	return nil
}

// Position returns how many of the Size bytes belong to the records returned so far. For
// compressed input it is an estimate.
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

// WasOpened reports whether an input was opened.
func (in *Files) WasOpened() bool { return in.opened.Load() }

// CountWithoutArrival returns the number of records without an arrival time.
func (in *Files) CountWithoutArrival() int64 { return in.withoutArrival.Load() }
