package format

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstdCompressed(t testing.TB, data []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(data, nil)
}

// noise does not compress, so that a cut takes from what can be read.
func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func TestDecompress(t *testing.T) {
	text := []byte("one\ntwo\n")
	long := noise(1 << 20)
	skipped := append([]byte{0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'}, zstdCompressed(t, text)...)
	for _, tt := range []struct {
		name        string
		input, want []byte
	}{
		{"nothing", nil, []byte{}},
		{"text", text, text},
		{"less than a magic number", []byte{0x1f, 0x8b}, []byte{0x1f, 0x8b}},
		{"nearly gzip", []byte{0x1f, 0x8b, 0x09, 1}, []byte{0x1f, 0x8b, 0x09, 1}},
		{"begins with a parenthesis", []byte("(one)"), []byte("(one)")},
		{"begins with P*", []byte("P*MA"), []byte("P*MA")},
		{"gzip", gzipped(t, text), text},
		{"gzip of nothing", gzipped(t, nil), []byte{}},
		{"two members", append(gzipped(t, text), gzipped(t, text)...), append(bytes.Clone(text), text...)},
		{"zstd", zstdCompressed(t, text), text},
		{"two frames", append(zstdCompressed(t, text), zstdCompressed(t, text)...), append(bytes.Clone(text), text...)},
		{"a skipped frame", skipped, text},
		{"long gzip", gzipped(t, long), long},
		{"long zstd", zstdCompressed(t, long), long},
	} {
		for _, r := range []io.Reader{bytes.NewReader(tt.input), iotest.OneByteReader(bytes.NewReader(tt.input))} {
			in := Decompress(r)
			got, err := io.ReadAll(in)
			if err != nil || !bytes.Equal(got, tt.want) {
				t.Errorf("%s: got %.40q, %v, want %.40q", tt.name, got, err, tt.want)
			}
			if err := in.Close(); err != nil {
				t.Errorf("%s: close: %v", tt.name, err)
			}
		}
	}
}

// What was cut off or damaged is an error, behind what could be read.
func TestDecompressSaysWhatIsBroken(t *testing.T) {
	long := noise(1 << 20)
	flipped := gzipped(t, long)
	flipped[len(flipped)-6] ^= 1
	for _, tt := range []struct {
		name, want string
		input      []byte
		least      int
	}{
		{"gzip cut off", "the gzip data is truncated", gzipped(t, long)[:700_000], 500_000},
		{"gzip cut off in its header", "the gzip data is truncated", gzipped(t, long)[:6], 0},
		{"gzip without its end", "the gzip data is truncated", gzipped(t, long)[:len(gzipped(t, long))-1], 1 << 20},
		{"gzip with another sum", "the gzip data is damaged: gzip: invalid checksum", flipped, 1 << 20},
		{"zstd cut off", "the zstd data is truncated", zstdCompressed(t, long)[:700_000], 500_000},
		{"zstd cut off in its header", "the zstd data is truncated", zstdCompressed(t, long)[:5], 0},
	} {
		in := Decompress(bytes.NewReader(tt.input))
		got, err := io.ReadAll(in)
		var broken *CompressionError
		if !errors.As(err, &broken) || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
		if len(got) < tt.least || !bytes.HasPrefix(long, got) {
			t.Errorf("%s: got %d bytes, want the first %d or more", tt.name, len(got), tt.least)
		}
		if _, again := in.Read(make([]byte, 1)); again == nil || again.Error() != err.Error() {
			t.Errorf("%s: then %v, want the same", tt.name, again)
		}
	}
}

func TestDecompressHandsOnTheErrorsOfItsSource(t *testing.T) {
	notFound := &fs.PathError{Op: "read", Path: "x", Err: errors.New("gone")}
	for _, begins := range [][]byte{[]byte("plain"), gzipped(t, noise(1000))[:500], zstdCompressed(t, noise(1000))[:500]} {
		_, err := io.ReadAll(Decompress(io.MultiReader(bytes.NewReader(begins), iotest.ErrReader(notFound))))
		if err != error(notFound) {
			t.Errorf("got %v, want the source's own", err)
		}
	}
}

// A live input is looked at no further than what is there.
func TestDecompressDoesNotWaitForMore(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	go io.WriteString(w, "(\n")
	in := NewLines(Decompress(r), 10, false)
	if got, err := in.Next(); err != nil || string(got.Data) != "(" {
		t.Errorf("got %q, %v, want the line", got.Data, err)
	}
}

func TestLinesOfACutOffFile(t *testing.T) {
	var text bytes.Buffer
	for range 5000 {
		text.WriteString(strings.Repeat("x", 99) + "\n")
	}
	cut := gzipped(t, append(text.Bytes(), noise(200_000)...))[:100_000]
	in := NewLines(Decompress(bytes.NewReader(cut)), 1<<20, false)
	lines := 0
	for {
		r, err := in.Next()
		if err != nil {
			var broken *CompressionError
			if !errors.As(err, &broken) {
				t.Errorf("got %v, want a CompressionError", err)
			}
			break
		}
		if lines++; lines <= 5000 && len(r.Data) != 99 {
			t.Fatalf("line %d has %d bytes", lines, len(r.Data))
		}
	}
	if lines < 5000 {
		t.Errorf("got %d lines, want all 5000 in front of the cut", lines)
	}
}

// Whatever was compressed comes back; garbage never panics.
func FuzzDecompress(f *testing.F) {
	f.Add([]byte("one\ntwo"), []byte{0x28, 0xb5, 0x2f, 0xfd, 0})
	f.Add([]byte{}, []byte{0x1f, 0x8b, 0x08, 0})
	f.Add([]byte("x"), []byte{0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data, garbage []byte) {
		for _, compressed := range [][]byte{gzipped(t, data), zstdCompressed(t, data)} {
			got, err := io.ReadAll(Decompress(bytes.NewReader(compressed)))
			if err != nil || !bytes.Equal(got, data) {
				t.Fatalf("got %q, %v, want %q", got, err, data)
			}
		}
		in := Decompress(io.LimitReader(bytes.NewReader(garbage), 1<<16))
		got, err := io.ReadAll(io.LimitReader(in, 1<<22))
		var broken *CompressionError
		if _, isCompressed := in.(*decompressed); !isCompressed && (err != nil || !bytes.Equal(got, garbage)) {
			t.Fatalf("got %q, %v, want what is not compressed untouched: %q", got, err, garbage)
		} else if isCompressed && err != nil && !errors.As(err, &broken) {
			t.Fatalf("got %v, want a CompressionError", err)
		}
	})
}
