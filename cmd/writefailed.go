package cmd

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

	"kin/writer"
)

// failedFile takes the records that are given up, as they came. It is opened
// when there is one, so that a run without any leaves no file, and appended to,
// so that none of an earlier run is lost.
type failedFile struct {
	name   string
	ending []byte // what ends a record of the input; empty where nothing does

	mu      sync.Mutex
	header  []byte // what the records of the input stand below; nil where there is none
	f       *os.File
	records int64
	first   writer.Rejection
}

// openFailed checks what can be known of the file before anything is written.
func openFailed(name string, inputs []string, ending []byte) (*failedFile, error) {
	for _, input := range inputs {
		if input != "-" && sameFile(name, input) {
			return nil, usage("--failed %s: is an input of this run", name)
		}
	}
	info, err := os.Stat(filepath.Dir(name))
	var path *os.PathError
	switch {
	case errors.As(err, &path):
		return nil, &fileError{name, path.Err}
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, &fileError{name, errors.New("its folder is not one")}
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return nil, &fileError{name, errors.New("is a directory")}
	}
	return &failedFile{name: name, ending: ending}, nil
}

// add appends one record.
func (f *failedFile) add(r writer.Rejection) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.records++; f.records == 1 {
		f.first = writer.Rejection{Number: r.Number, Reason: r.Reason}
	}
	if len(r.Source) == 0 {
		return nil // it was written when it was read
	}
	return f.append(func(w io.Writer) error {
		_, err := w.Write(r.Source)
		return err
	})
}

// follow returns next, and keeps what the records that it returns stand below.
func (f *failedFile) follow(in *writeInput) func(context.Context) (writer.Record, error) {
	return func(ctx context.Context) (writer.Record, error) {
		r, err := in.next(ctx)
		if in.current != nil {
			f.mu.Lock()
			f.header = in.header()
			f.mu.Unlock()
		}
		return r, err
	}
}

// copy appends a record that was not kept.
func (f *failedFile) copy(write func(io.Writer) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.append(write)
}

// append lets write append a record to the file.
func (f *failedFile) append(write func(io.Writer) error) error {
	err := f.begin()
	if err == nil {
		err = write(f.f)
	}
	if err != nil {
		return fmt.Errorf("save records in --failed %s: %w", f.name, err)
	}
	return nil
}

// begin makes the file end where a record can begin: an input need not end its
// last one.
func (f *failedFile) begin() error {
	if f.f == nil {
		var err error
		if f.f, err = os.OpenFile(f.name, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600); err != nil {
			return err
		}
	}
	size, err := f.f.Seek(0, io.SeekEnd)
	switch {
	case err != nil || len(f.ending) == 0:
		return err
	case size == 0:
		_, err := f.f.Write(f.header)
		return err
	}
	tail := make([]byte, min(size, int64(len(f.ending))))
	if _, err := f.f.ReadAt(tail, size-int64(len(tail))); err != nil {
		return err
	}
	if bytes.Equal(tail, f.ending) {
		return nil
	}
	_, err = f.f.Write(f.ending)
	return err
}

// close ends the file and returns what the run failed of, if it did of these
// records alone.
func (f *failedFile) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.f == nil {
		return nil
	}
	if err := errors.Join(f.f.Sync(), f.f.Close()); err != nil {
		return fmt.Errorf("save records in --failed %s: %w", f.name, err)
	}
	return nil
}

// verdict is the error of a run that read all of its input and gave up some of
// it; nil if it gave up none.
func (f *failedFile) verdict(read int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.records == 0 {
		return nil
	}
	return fmt.Errorf("%s of %s rejected, saved to %s; the first is record %s: %s", humanize.Comma(f.records), counted(read, "record"),
		f.name, humanize.Comma(f.first.Number), f.first.Reason)
}
