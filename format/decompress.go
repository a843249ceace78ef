package format

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// compressions are those that Decompress knows by how they begin. zstd may also
// begin with a frame to be skipped.
var compressions = []struct {
	name  string
	magic []byte
	mask  byte // of the first byte
	open  func(io.Reader) (io.ReadCloser, error)
}{
	{"gzip", []byte{0x1f, 0x8b, 0x08}, 0xff, openGzip},
	{"zstd", []byte{0x28, 0xb5, 0x2f, 0xfd}, 0xff, openZstd},
	{"zstd", []byte{0x50, 0x2a, 0x4d, 0x18}, 0xf0, openZstd},
}

// mostWindow is how much of what it gave out zstd may look back at: as much as
// its own command allows. Memory follows it.
const mostWindow = 128 << 20

func openGzip(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }

func openZstd(r io.Reader) (io.ReadCloser, error) {
	// One goroutine, the caller's: nothing is read ahead of what is asked for.
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(mostWindow))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

// CompressionError is compressed data that cannot be read any further. What came
// before was handed out.
type CompressionError struct {
	Kind string // gzip or zstd
	Err  error
}

func (e *CompressionError) Error() string {
	if errors.Is(e.Err, io.ErrUnexpectedEOF) {
		return "the " + e.Kind + " data is truncated"
	}
	return fmt.Sprintf("the %s data is damaged: %v", e.Kind, e.Err)
}

func (e *CompressionError) Unwrap() error { return e.Err }

// Decompress returns what r holds: its own bytes, or, if they begin as gzip or
// zstd does, what was compressed. It reads no more of r than it takes to tell,
// and returns as soon as it can. Errors of r come through as they are; those of
// the data are CompressionErrors. The caller closes the result, not r by it.
func Decompress(r io.Reader) io.ReadCloser {
	source := &sourceReader{r: r}
	peeked := bufio.NewReaderSize(source, 64<<10)
	for _, c := range compressions {
		if !beginsWith(peeked, c.magic, c.mask) {
			continue
		}
		data, err := c.open(peeked)
		d := &decompressed{kind: c.name, source: source, data: data}
		if err != nil {
			d.data, d.err = nil, d.explain(err)
		}
		return d
	}
	return io.NopCloser(peeked)
}

// beginsWith looks at one more byte only as long as those before it fit.
func beginsWith(r *bufio.Reader, magic []byte, mask byte) bool {
	for n := range magic {
		b, err := r.Peek(n + 1)
		if err != nil || b[0]&mask != magic[0] || !bytes.Equal(b[1:], magic[1:n+1]) {
			return false
		}
	}
	return true
}

// sourceReader remembers what its source failed with.
type sourceReader struct {
	r   io.Reader
	err error
}

func (s *sourceReader) Read(p []byte) (int, error) {
	n, err := readSome(s.r, p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

type decompressed struct {
	kind   string
	source *sourceReader
	data   io.ReadCloser // nil if it could not be opened
	err    error
}

func (d *decompressed) Read(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	n, err := d.data.Read(p)
	if err != nil && err != io.EOF {
		d.err = d.explain(err)
		err = d.err
	}
	return n, err
}

func (d *decompressed) explain(err error) error {
	switch {
	case d.source.err != nil:
		return d.source.err
	case err == io.EOF: // where a header was to be
		err = io.ErrUnexpectedEOF
	}
	return &CompressionError{d.kind, err}
}

func (d *decompressed) Close() error {
	if d.data == nil {
		return nil
	}
	return d.data.Close()
}
