package awsclient

import (
	"context"
	"errors"
	"io"
	"net/http"

	"kin/internal/bodysize"
)

// body is an answer in memory, in pieces. It lets go of each piece that was read:
// the SDK copies all of it before it decodes anything, and a response of 10 MiB
// would be held twice meanwhile.
type body struct {
	pieces [][]byte
	read   int // of the first one
}

// pieceSize is how much of an answer is read at once.
const pieceSize = 256 << 10

// readBody reads all of a response's body, if the caller of ctx takes one of its size.
func readBody(ctx context.Context, resp *http.Response) (*body, error) {
	b := &body{}
	left := resp.ContentLength // negative when the server does not say
	total := max(0, left)
	for {
		if err := bodysize.Check(ctx, total); err != nil {
			return b, err
		}
		size := int64(pieceSize)
		if left >= 0 {
			size = min(size, left+1) // to see the end
		}
		piece := make([]byte, size)
		n, err := fill(resp.Body, piece)
		if n > 0 {
			b.pieces = append(b.pieces, piece[:n])
		}
		left = max(0, left-int64(n))
		if resp.ContentLength < 0 {
			left = -1
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

// fill reads until a piece is full, or an error, which is as the reader has it.
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

// Close has nothing to give back.
func (b *body) Close() error { return nil }
