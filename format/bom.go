package format

import (
	"bytes"
	"io"
)

// byteOrderMark begins UTF-8 files of some Windows programs.
const byteOrderMark = "\xef\xbb\xbf"

// markSkipper removes a byte order mark from the beginning of its source.
type markSkipper struct {
	r     io.Reader
	begun bool
}

func skipMark(r io.Reader) io.Reader { return &markSkipper{r: r} }

func (m *markSkipper) Read(p []byte) (int, error) {
	if m.begun || len(p) < len(byteOrderMark) {
		return m.r.Read(p)
	}
	m.begun = true
	n, err := 0, error(nil)
	for n < len(byteOrderMark) && err == nil && bytes.HasPrefix([]byte(byteOrderMark), p[:n]) {
		var read int
		read, err = readSome(m.r, p[n:])
		n += read
	}
	if bytes.HasPrefix(p[:n], []byte(byteOrderMark)) {
		n = copy(p, p[len(byteOrderMark):n])
	}
	return n, err
}
