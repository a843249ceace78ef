package input

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Close may be called twice. Only the first call reports the error.
func TestFault09CloseReportsAnErrorOnce(t *testing.T) {
	f := &Rejected{Name: filepath.Join(t.TempDir(), "failed.ndjson")}
	if err := f.open(func(mode int) (*os.File, error) { return os.OpenFile(f.Name, mode, failedMode) }); err != nil {
		t.Fatal(err)
	}
	if err := f.f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err == nil || !strings.Contains(err.Error(), "save records in --failed ") {
		t.Errorf("got %v", err)
	}
	if err := f.Close(); err != nil {
		t.Errorf("again: %v", err)
	}
}
