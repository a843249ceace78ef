package awsclient

import (
	"context"
	"errors"
	"io"
	"net/http"

	"kin/internal/bodysize"
)

// body is a response body in memory, in pieces. It frees each piece after it was read. The
// SDK copies the whole body before it decodes it, so a 10 MiB response would otherwise be in
// memory twice.
type body struct {
	pieces [][]byte
	read   int // bytes of the first piece that were read
}

// pieceSize is the size of a piece in bytes.
const pieceSize = 256 << 10

// readBody reads the whole body of a response. It stops with the error of bodysize.Check if
// the body is larger than ctx allows.
func readBody(ctx context.Context, resp *http.Response) (*body, error) {
	b := &body{}
	remaining := resp.ContentLength // negative if the server did not send it
	total := max(0, remaining)
	for {
		if err := bodysize.Check(ctx, total); err != nil {
			return b, err
		}
		size := int64(pieceSize)
		if remaining >= 0 {
			size = min(size, remaining+1) // one byte more, so that Read returns io.EOF
		}
		piece := make([]byte, size)
		n, err := fill(resp.Body, piece)
		if n > 0 {
			b.pieces = append(b.pieces, piece[:n])
		}
		remaining = max(0, remaining-int64(n))
		if resp.ContentLength < 0 {
			remaining = -1
			total += int64(n)
		}
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return b, err
		}
	}
}

// fill reads until the piece is full or r returns an error. It returns r's error unchanged.
func fill(r io.Reader, piece []byte) (n int, err error) {
	for n < len(piece) && err == nil {
		var m int
		m, err = r.Read(piece[n:])
		n += m
	}
	return n, err
}

func (b *body) Read(p []byte) (int, error) {
	if len(b.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.pieces[0][b.read:])
	if b.read += n; b.read == len(b.pieces[0]) {
		b.pieces[0] = nil
		b.pieces, b.read = b.pieces[1:], 0
	}
	return n, nil
}

// Close does nothing: the response is already in memory.
func (b *body) Close() error { return nil }
