package local

import (
	"bytes"
	"encoding/base64"
	"testing"
)

func FuzzAppendBase64(f *testing.F) {
	for n := range 20 {
		f.Add([]byte("some prefix"), bytes.Repeat([]byte{0xfb, 0x00, 0xff}, n)[:3*n-n%3])
	}
	f.Fuzz(func(t *testing.T, dst, src []byte) {
		want := base64.StdEncoding.AppendEncode(bytes.Clone(dst), src)
		if got := appendBase64(bytes.Clone(dst), src); !bytes.Equal(got, want) {
			t.Errorf("%x is encoded as %q, want %q", src, got, want)
		}
	})
}

func BenchmarkAppendBase64(b *testing.B) {
	src := bytes.Repeat([]byte("0123456789"), 100)
	var dst []byte
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		for b.Loop() {
			dst = appendBase64(dst[:0], src)
		}
	})
	b.Run("standard", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		for b.Loop() {
			dst = base64.StdEncoding.AppendEncode(dst[:0], src)
		}
	})
}
