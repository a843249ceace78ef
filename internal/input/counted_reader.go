package input

import (
	"io"
	"sync/atomic"
)

// countedReader adds the number of bytes read to a counter.
type countedReader struct {
	io.Reader
	read *atomic.Int64
}

func (r countedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.read.Add(int64(n))
	return n, err
}
