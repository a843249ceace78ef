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

// Rejected takes the records that are given up, as they came. It is opened
// when there is one, so that a run without any leaves no file, and appended to,
// so that none of an earlier run is lost.
type Rejected struct {
	Name   string
	ending []byte // what ends a record of the input; empty where nothing does
	under  []byte // the header that its rows stand below; nil where there is none

	mu      sync.Mutex // guards the following, and under
	f       *os.File
	regular bool // and not a pipe or a device, which cannot be looked at
	begun   bool // something is in it
	records int64
	unsure  int64 // of records, those that may be in the stream all the same
	first   writer.Rejection
}

// OpenRejected checks what can be known of the file before anything is written.
// inputs are the files that are read; stdin and stdout are the process's own. The
// file must be none of these: rejected records must not be read again, or be mixed
// with a report. OpenRejected waits for the reader of a FIFO until ctx ends.
func OpenRejected(ctx context.Context, name string, ending []byte, inputs []string, stdin io.Reader, stdout io.Writer) (*Rejected, error) {
	if name == "-" {
		return nil, refuse("--failed -: want the name of a file")
	}
	for _, input := range inputs {
		if input == "-" && isFile(stdin, name) || input != "-" && SameFile(name, input) {
			return nil, refuse("--failed %s: is an input of this run", name)
		}
	}
	if isFile(stdout, name) {
		return nil, refuse("--failed %s: stdout goes there too", name)
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
		f.begun = info.Mode().IsRegular() && info.Size() > 0
		if !info.Mode().IsRegular() { // a pipe may make wait for whoever reads it: now, and not in the middle of the run
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

// failedFileError is a --failed that cannot be written to, found before anything
// was written.
type failedFileError struct {
	name string
	err  error
}

func (e *failedFileError) Error() string { return "--failed " + e.name + ": " + e.err.Error() }
func (e *failedFileError) Unwrap() error { return e.err }

// Hint says what to do next.
func (e *failedFileError) Hint() string {
	return "nothing was written; want a file, in a folder that is there"
}

// isFile says whether a stream of the process is the regular file of that name.
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

// Add appends one record.
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
		return nil // it was written when it was read
	}
	return f.append(func(w io.Writer) error {
		_, err := w.Write(r.Source)
		return err
	})
}

// copy appends a record that was not kept.
func (f *Rejected) copy(write func(io.Writer) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.append(write)
}

// append lets write append a record to the file.
func (f *Rejected) append(write func(io.Writer) error) error {
	err := f.begin()
	if err == nil {
		f.begun = true
		err = write(f.f)
	}
	if err != nil {
		return fmt.Errorf("save records in --failed %s: %w", f.Name, err)
	}
	return nil
}

// begin makes the file end where a record can begin: an input need not end its
// last one. What went into a pipe is not seen again.
func (f *Rejected) begin() error {
	if f.f == nil {
		// What is given up within the grace of a stopped run is saved too.
		if err := f.open(func(mode int) (*os.File, error) { return os.OpenFile(f.Name, mode, failedMode) }); err != nil {
			return err
		}
	}
	switch {
	case len(f.ending) == 0:
		return nil
	case !f.begun:
		_, err := f.f.Write(f.under)
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

// failedMode is the mode of a new file: it has payloads.
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

// Close syncs and closes the file. Its error is that of the file.
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

// UnsureRecords is how many of its records may be in the stream all the same.
func (f *Rejected) UnsureRecords() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.unsure
}

// Kept is the line about what is in the file, for a run that failed of something
// else; empty if there is nothing.
func (f *Rejected) Kept() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.records == 0 {
		return ""
	}
	text := fmt.Sprintf("%s saved to %s", words.Count(f.records, "rejected record"), f.Name)
	if f.unsure > 0 {
		text += fmt.Sprintf("; %s of them may be in the stream all the same", humanize.Comma(f.unsure))
	}
	return text
}

// Verdict is the error of a run that read all of its input and gave up some of
// it; nil if it gave up none.
func (f *Rejected) Verdict(read int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.records == 0 {
		return nil
	}
	text := fmt.Sprintf("%s of %s rejected, saved to %s; the first is record %s: %s", humanize.Comma(f.records), words.Count(read, "record"),
		f.Name, humanize.Comma(f.first.Number), f.first.Reason)
	if f.unsure > 0 {
		text += fmt.Sprintf("; %s of them may be in the stream all the same", humanize.Comma(f.unsure))
	}
	return errors.New(text)
}
