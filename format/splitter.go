package format

import (
	"bytes"
	"fmt"
	"io"
)

// chunkSize is the size of a splitter's reads, in bytes.
const chunkSize = 256 << 10

// tooLong returns the error for a line or record of more than maxBytes bytes.
func tooLong(what string, maxBytes int) error {
	return fmt.Errorf("%s too long: more than %d bytes", what, maxBytes)
}

// splitter splits its source into pieces that end with a delimiter. It never writes twice
// to the same part of a chunk, so returned pieces stay valid. That needs one allocation per
// chunk instead of one per piece.
type splitter struct {
	r     io.Reader
	delim []byte // not empty
	lines bool   // the delimiter is a newline
	max   int    // maximum bytes of a piece, without the delimiter
	count int64  // number of pieces begun so far

	chunk   []byte // the bytes read; the capacity beyond them is free
	start   int    // start of the current piece in chunk
	scanned int    // no delimiter begins in chunk[start:scanned]
	discard bool   // the current piece is too long, and its error was returned
	source  []byte // the last piece with its delimiter; nil if it was too long to keep
	err     error  // the error that ended the source
}

// newLines returns a splitter of lines.
func newLines(r io.Reader, maxLine int) splitter {
	return splitter{r: r, delim: []byte{'\n'}, lines: true, max: maxLine}
}

// next returns the next piece without its delimiter. The capacity of the piece is its
// length. A piece that is too long is a LineError.
func (s *splitter) next() ([]byte, error) {
	if !s.discard {
		s.count++
	}
	s.source = nil
	for {
		if end, found := s.findDelimiter(); found {
			from, to := s.start, end+len(s.delim)
			s.start, s.scanned = to, to
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
			s.start = s.scanned
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
			s.start, s.scanned = to, to
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

// findDelimiter finds the next delimiter in the bytes read.
func (s *splitter) findDelimiter() (at int, found bool) {
	if n := bytes.Index(s.chunk[s.scanned:], s.delim); n >= 0 {
		return s.scanned + n, true
	}
	// A delimiter may have begun at the end.
	s.scanned = max(s.start, len(s.chunk)-len(s.delim)+1)
	return 0, false
}

// fill reads once, into a new chunk if the current one is nearly full.
func (s *splitter) fill() {
	if cap(s.chunk)-len(s.chunk) < chunkSize/8 {
		rest := s.chunk[s.start:]
		scanned := s.scanned - s.start
		s.chunk = append(make([]byte, 0, max(chunkSize, 2*len(rest))), rest...)
		s.start, s.scanned = 0, scanned
	}
	n, err := readSome(s.r, s.chunk[len(s.chunk):cap(s.chunk)])
	s.chunk, s.err = s.chunk[:len(s.chunk)+n], err
}

// readSome reads once. It retries a read that returns neither bytes nor an error.
func readSome(r io.Reader, into []byte) (int, error) {
	for range 100 {
		n, err := r.Read(into)
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

// writeSource writes the last piece with its delimiter. If the piece was too long to keep,
// it reads the rest of it from the source.
func (s *splitter) writeSource(w io.Writer) error {
	if !s.discard {
		_, err := w.Write(s.source)
		return err
	}
	for {
		end, found := s.findDelimiter()
		if found {
			end += len(s.delim)
		} else {
			end = s.scanned
		}
		if !found && s.err != nil {
			end = len(s.chunk)
		}
		piece := s.chunk[s.start:end]
		s.start, s.scanned = end, end
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
