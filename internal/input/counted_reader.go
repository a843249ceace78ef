package input

import (
	"io"
	"sync/atomic"
)

// countedReader counts what is read of an input.
type countedReader struct {
	io.Reader
	read *atomic.Int64
}

func (r countedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.read.Add(int64(n))
	return n, err
}
