package flags

import (
	"bytes"
	"compress/gzip"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Compressor returns a function that compresses a payload, each independently of the
// others. It returns nil without --compress. The function is not safe for concurrent use.
func (v Compression) Compressor() (func(payload []byte) ([]byte, error), error) {
	switch v {
	case Gzip:
		w := gzip.NewWriter(io.Discard)
		return func(payload []byte) ([]byte, error) {
			var out bytes.Buffer
			w.Reset(&out)
			if _, err := w.Write(payload); err != nil {
				return nil, err
			}
			if err := w.Close(); err != nil {
				return nil, err
			}
			return out.Bytes(), nil
		}, nil
	case Zstd:
		w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return func(payload []byte) ([]byte, error) { return w.EncodeAll(payload, nil), nil }, nil
	}
	return nil, nil
}
