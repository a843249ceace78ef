package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"kin/format"
	"kin/writer"
)

// The longest lines that can be a record: the service's largest record is
// 10 MiB, and in a JSON string a byte can take six.
const (
	maxLine       = 10 << 20
	maxRecordLine = 6*maxLine + 64<<10
)

// writeInput hands the records of all inputs to the writer, one file after the
// other.
type writeInput struct {
	files   []string // not begun yet; - is stdin
	several bool
	stdin   io.Reader
	open    func(io.Reader) format.Input
	key     func(payload []byte) (string, error) // nil: the input has keys

	name    string // of the input that is read
	current format.Input
	closer  io.Closer
}

func newWriteInput(o *writeOptions, stdin io.Reader) *writeInput {
	in := &writeInput{files: o.files, several: len(o.files) > 1, stdin: stdin}
	if len(in.files) == 0 {
		in.files = []string{"-"}
	}
	in.open = func(r io.Reader) format.Input { return format.NewLines(r, maxLine) }
	switch {
	case o.input == inputRecords:
		in.open = func(r io.Reader) format.Input { return format.NewRecords(r, maxRecordLine) }
	case o.keyGiven:
		in.key = func([]byte) (string, error) { return o.key, nil }
	case o.fieldGiven:
		in.key = o.field.Text
	default:
		in.key = func([]byte) (string, error) { return writer.RandomKey(), nil }
	}
	return in
}

// check finds a file that is not there before anything is written.
func (in *writeInput) check() error {
	stdin := 0
	for _, name := range in.files {
		if name == "-" {
			if stdin++; stdin > 1 {
				return usage("- is stdin, which can be read only once")
			}
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
	}
	return nil
}

func (in *writeInput) readsStdin() bool {
	for _, name := range in.files {
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

// next is the writer's input. A read that blocks, of a terminal or a pipe,
// does not obey ctx.
func (in *writeInput) next(context.Context) (writer.Record, error) {
	for {
		if in.current == nil {
			if err := in.begin(); err != nil {
				return writer.Record{}, err
			}
		}
		r, err := in.current.Next()
		var bad *format.LineError
		switch {
		case err == io.EOF:
			if err := in.end(); err != nil {
				return writer.Record{}, err
			}
			continue
		case errors.As(err, &bad):
			return writer.Record{}, writer.Reject(fmt.Errorf("%s, %w", in.name, bad))
		case err != nil:
			return writer.Record{}, err
		}
		out := writer.Record{PartitionKey: r.PartitionKey, ExplicitHashKey: r.ExplicitHashKey, Data: r.Data}
		if in.key != nil {
			if out.PartitionKey, err = in.key(r.Data); err != nil {
				return writer.Record{}, writer.Reject(in.named(err))
			}
		}
		return out, nil
	}
}

// named says which file an error is about, where that is a question.
func (in *writeInput) named(err error) error {
	if !in.several {
		return err
	}
	return fmt.Errorf("%s: %w", in.name, err)
}

// begin opens the next input, or returns io.EOF.
func (in *writeInput) begin() error {
	if len(in.files) == 0 {
		return io.EOF
	}
	in.name = in.files[0]
	in.files = in.files[1:]
	if in.name == "-" {
		in.name, in.closer = "stdin", nil
		in.current = in.open(in.stdin)
		return nil
	}
	f, err := os.Open(in.name)
	if err != nil {
		return err
	}
	in.closer = f
	in.current = in.open(f)
	return nil
}

func (in *writeInput) end() error {
	in.current = nil
	if in.closer == nil {
		return nil
	}
	return in.closer.Close()
}
