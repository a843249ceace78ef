package input

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Position counts the bytes of the records that Next returned, without the read-ahead. For
// compressed input it is an estimate, but close to the share of the records.
func TestPositionFollowsReturnedRecords(t *testing.T) {
	var plain, compressed bytes.Buffer
	zip := gzip.NewWriter(&compressed)
	for n := range int64(1000) {
		fmt.Fprintf(&plain, "%010d\n", n*2654435761%1e10) // these digits compress badly
	}
	if _, err := zip.Write(plain.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"plain": plain.Bytes(), "gzip": compressed.Bytes()} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		in := New(Options{Form: Lines}, []string{path}, nil)
		if err := in.Check(); err != nil {
			t.Fatal(err)
		}
		for n := range 1000 {
			if _, err := in.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
			share := float64(in.Position()) / float64(in.Size)
			if n == 9 && (share < 0.009 || share > 0.012) || n == 499 && (share < 0.49 || share > 0.51) {
				t.Errorf("%s: %.3f of it after record %d", name, share, n+1)
			}
		}
	}
}
