package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFault18ForeignLockFileIsNotChanged(t *testing.T) {
	for name, contents := range map[string]string{
		"text": "# dependencies\n", "large": strings.Repeat(`{"pid":1}`, 1000), "other JSON": `{"packages":[]}`,
	} {
		path := filepath.Join(t.TempDir(), "poetry")
		if err := os.WriteFile(path+".lock", []byte(contents), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path)
		var bad *UnusableError
		if !errors.As(err, &bad) {
			t.Errorf("%s: %v, want unusable", name, err)
		}
		if b, err := os.ReadFile(path + ".lock"); err != nil || string(b) != contents {
			t.Errorf("%s: the lock file has changed, %v", name, err)
		}
	}
}

func TestFault18LockFileOfAnEndedRunIsReused(t *testing.T) {
	for name, contents := range map[string]string{
		"empty":  "",
		"signed": `{"host":"` + strings.Repeat("a", 200) + `","pid":77,"started":"2026-11-22T10:00:00Z"}` + "\n",
		"zeros":  strings.Repeat("\x00", 90),
	} {
		path := filepath.Join(t.TempDir(), "c.json")
		if err := os.WriteFile(path+".lock", []byte(contents), 0o600); err != nil {
			t.Fatal(err)
		}
		h, err := Open(path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, err = Open(path)
		var held *HeldError
		if !errors.As(err, &held) {
			t.Errorf("%s: %v, want held", name, err)
		}
		if err := h.Release(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
