package input

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/dustin/go-humanize"

	"kin/internal/await"
	"kin/internal/words"
	"kin/writer"
)

// Rejected saves rejected records, unchanged, in a file. The file is created with the first
// record, so a run without rejected records creates none. An existing file is appended to,
// so records of earlier runs are kept.
type Rejected struct {
	Name   string
	ending []byte // the delimiter after each record; empty if there is none
	header []byte // the CSV header of its rows; nil if there is none

	mu       sync.Mutex // guards the following, and header
	f        *os.File
	regular  bool // a regular file, not a pipe or a device that cannot be read back
	notEmpty bool // the file is not empty
	records  int64
	unsure   int64 // those of records that may have been written
	first    writer.Rejection
}

// OpenRejected checks the file before anything is written. inputs are the files that are
// read. The rejected records must not go into an input, nor into stdout. If the file is a
// FIFO, OpenRejected waits for its reader until ctx ends.
//
// An error has WrongUsage() true if the file may not be used for this. Other errors are those of
// the file, and the cause of ctx.
func OpenRejected(ctx context.Context, name string, ending []byte, inputs []string, stdin io.Reader, stdout io.Writer) (*Rejected, error) {
	if name == "-" {
		return nil, refuse("--failed -: want the name of a file")
	}
	for _, input := range inputs {
		if input == "-" && isFile(stdin, name) || input != "-" && SameFile(name, input) {
			return nil, refuse("--failed %s: the file is an input of this run", name)
		}
	}
	if isFile(stdout, name) {
		return nil, refuse("--failed %s: stdout is the same file", name)
	}
	info, err := os.Stat(filepath.Dir(name))
	var path *os.PathError
	switch {
	case errors.As(err, &path):
		return nil, &failedFileError{name, path.Err}
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, &failedFileError{name, errors.New("the parent path is not a directory")}
	}
	f := &Rejected{Name: name, ending: ending}
	if info, err := os.Stat(name); err == nil {
		if info.IsDir() {
			return nil, &failedFileError{name, errors.New("is a directory")}
		}
		f.notEmpty = info.Mode().IsRegular() && info.Size() > 0
		if !info.Mode().IsRegular() { // opening a FIFO blocks until it has a reader: better now than during the run
			err := f.open(func(mode int) (*os.File, error) { return await.OpenFile(ctx, name, mode, failedMode) })
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if err != nil {
				return nil, &failedFileError{name, err}
			}
		}
	}
	return f, nil
}

// failedFileError is a --failed file that cannot be written to. It is returned before
// anything is written.
type failedFileError struct {
	name string
	err  error
}

func (e *failedFileError) Error() string { return "--failed " + e.name + ": " + e.err.Error() }
func (e *failedFileError) Unwrap() error { return e.err }

// Hint says what to do next.
func (e *failedFileError) Hint() string {
	return "nothing was written; give a file in an existing directory"
}

// isFile reports whether a stream is the regular file of that name.
func isFile(stream any, name string) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	named, err := os.Stat(name)
	return err == nil && os.SameFile(info, named)
}

// Add appends a rejected record to the file. A record without a Source is only counted: it was
// saved while it was read.
func (f *Rejected) Add(r writer.Rejection) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.records++; f.records == 1 {
		f.first = writer.Rejection{Number: r.Number, Reason: r.Reason}
	}
	if r.Unsure {
		f.unsure++
	}
	if len(r.Source) == 0 {
		return nil // it was saved while it was read
	}
	return f.append(func(w io.Writer) error {
		_, err := w.Write(r.Source)
		return err
	})
}

// copy appends a record that is too long to keep in memory.
func (f *Rejected) copy(write func(io.Writer) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.append(write)
}

// append calls write with the file, positioned for a new record.
func (f *Rejected) append(write func(io.Writer) error) error {
	err := f.begin()
	if err == nil {
		f.notEmpty = true
		err = write(f.f)
	}
	if err != nil {
		return fmt.Errorf("save records in --failed %s: %w", f.Name, err)
	}
	return nil
}

// begin opens the file if necessary and makes sure that a new record can begin at its end.
// The last record of an input may lack its delimiter. In a pipe that cannot be checked.
func (f *Rejected) begin() error {
	if f.f == nil {
		// No context: records that are rejected during the grace period are saved too.
		if err := f.open(func(mode int) (*os.File, error) { return os.OpenFile(f.Name, mode, failedMode) }); err != nil {
			return err
		}
	}
	switch {
	case len(f.ending) == 0:
		return nil
	case !f.notEmpty:
		_, err := f.f.Write(f.header)
		return err
	case !f.regular:
		return nil
	}
	size, err := f.f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	tail := make([]byte, min(size, int64(len(f.ending))))
	if _, err := f.f.ReadAt(tail, size-int64(len(tail))); err != nil {
		return err
	}
	if size == 0 || bytes.Equal(tail, f.ending) {
		return nil
	}
	_, err = f.f.Write(f.ending)
	return err
}

// failedMode is the mode of a new file. It is private because the file contains payloads.
const failedMode = 0o600

func (f *Rejected) open(open func(mode int) (*os.File, error)) error {
	mode := os.O_RDWR
	if info, err := os.Stat(f.Name); err == nil && !info.Mode().IsRegular() {
		mode = os.O_WRONLY
	}
	var err error
	if f.f, err = open(os.O_CREATE | mode | os.O_APPEND); err != nil {
		return err
	}
	info, err := f.f.Stat()
	if err != nil {
		return err
	}
	f.regular = info.Mode().IsRegular()
	return nil
}

// Close syncs and closes the file. It returns an error if records may not have been saved.
// It may be called again.
func (f *Rejected) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.f == nil {
		return nil
	}
	var err error
	if f.regular {
		err = f.f.Sync()
	}
	file := f.f
	f.f = nil
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("save records in --failed %s: %w", f.Name, err)
	}
	return nil
}

// UnsureRecords returns how many of the saved records may have been written.
func (f *Rejected) UnsureRecords() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.unsure
}

// SavedText returns a message about the saved records, for a run that failed for another reason.
// It is empty if there are none.
func (f *Rejected) SavedText() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.records == 0 {
		return ""
	}
	text := fmt.Sprintf("%s saved to %s", words.Count(f.records, "rejected record"), f.Name)
	if f.unsure > 0 {
		text += fmt.Sprintf("; %s of them may have been written", humanize.Comma(f.unsure))
	}
	return text
}

// ResultError returns the error of a run that read its whole input of read records and rejected
// some. It is nil if none were rejected.
func (f *Rejected) ResultError(read int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.records == 0 {
		return nil
	}
	text := fmt.Sprintf("%s of %s rejected, saved to %s; the first is record %s: %s", humanize.Comma(f.records), words.Count(read, "record"),
		f.Name, humanize.Comma(f.first.Number), f.first.Reason)
	if f.unsure > 0 {
		text += fmt.Sprintf("; %s of them may have been written", humanize.Comma(f.unsure))
	}
	return errors.New(text)
}
