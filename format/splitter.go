package format

import (
	"bytes"
	"fmt"
	"io"
)

// chunkSize is how much a splitter reads at once.
const chunkSize = 256 << 10

// tooLong is the error of a line or record that has more than most bytes.
func tooLong(what string, most int) error {
	return fmt.Errorf("%s too long: more than %d bytes", what, most)
}

// splitter cuts its source into pieces that end with a delimiter. It reads into
// chunks which it never writes to twice, so the pieces it has handed out stay
// good; that costs one allocation a chunk instead of one a piece.
type splitter struct {
	r     io.Reader
	delim []byte // not empty
	lines bool   // the delimiter is a newline
	max   int    // of a piece, delimiter not counted
	count int64  // pieces begun so far

	chunk   []byte // what was read; its capacity beyond that is free
	start   int    // where the current piece begins in chunk
	looked  int    // no delimiter begins in chunk[start:looked]
	discard bool   // the current piece is too long and its error was returned
	source  []byte // the last piece with its delimiter; nil: too long to be kept
	err     error  // what the source ended with
}

// newLines cuts r into lines.
func newLines(r io.Reader, maxLine int) splitter {
	return splitter{r: r, delim: []byte{'\n'}, lines: true, max: maxLine}
}

// next returns the next piece without its delimiter. The capacity of the piece
// is its length. One that is too long is a LineError.
func (s *splitter) next() ([]byte, error) {
	if !s.discard {
		s.count++
	}
	s.source = nil
	for {
		if end, found := s.look(); found {
			from, to := s.start, end+len(s.delim)
			s.start, s.looked = to, to
			if s.discard {
				s.discard = false
				s.count++
				continue
			}
			s.source = s.chunk[from:to:to]
			if end-from > s.max {
				return nil, s.tooLong()
			}
			return s.chunk[from:end:end], nil
		}
		if s.discard {
			s.start = s.looked
		}
		rest := len(s.chunk) - s.start
		switch {
		case rest >= s.max+len(s.delim), s.err == io.EOF && rest > s.max:
			s.discard = true
			return nil, s.tooLong()
		case s.err == nil:
			s.fill()
		case s.err == io.EOF && rest > 0 && !s.discard:
			from, to := s.start, len(s.chunk)
			s.start, s.looked = to, to
			s.source = s.chunk[from:to:to]
			return s.source, nil
		default:
			return nil, s.err
		}
	}
}

func (s *splitter) tooLong() error {
	if !s.lines {
		return &LineError{0, tooLong("record", s.max)}
	}
	return &LineError{s.count, tooLong("line", s.max)}
}

// look finds the next delimiter in what was read.
func (s *splitter) look() (at int, found bool) {
	if n := bytes.Index(s.chunk[s.looked:], s.delim); n >= 0 {
		return s.looked + n, true
	}
	// A delimiter may have begun at the end.
	s.looked = max(s.start, len(s.chunk)-len(s.delim)+1)
	return 0, false
}

// fill reads once more, into a new chunk if this one is nearly full.
func (s *splitter) fill() {
	if cap(s.chunk)-len(s.chunk) < chunkSize/8 {
		rest := s.chunk[s.start:]
		looked := s.looked - s.start
		s.chunk = append(make([]byte, 0, max(chunkSize, 2*len(rest))), rest...)
		s.start, s.looked = 0, looked
	}
	n, err := readSome(s.r, s.chunk[len(s.chunk):cap(s.chunk)])
	s.chunk, s.err = s.chunk[:len(s.chunk)+n], err
}

// readSome reads once, and again if that gave neither bytes nor an error.
func readSome(r io.Reader, into []byte) (int, error) {
	for range 100 {
		n, err := r.Read(into)
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

// writeSource writes the last piece with its delimiter; what of it was not
// kept it reads as it goes.
func (s *splitter) writeSource(w io.Writer) error {
	if !s.discard {
		_, err := w.Write(s.source)
		return err
	}
	for {
		end, found := s.look()
		if found {
			end += len(s.delim)
		} else {
			end = s.looked
		}
		if !found && s.err != nil {
			end = len(s.chunk)
		}
		piece := s.chunk[s.start:end]
		s.start, s.looked = end, end
		if _, err := w.Write(piece); err != nil {
			return err
		}
		switch {
		case found, s.err == io.EOF:
			s.discard = false
			return nil
		case s.err != nil:
			return s.err
		}
		s.fill()
	}
}
