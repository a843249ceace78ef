package checkpoint

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"
)

// A view reads the current file while a run holds it, and creates no files.
func TestViewReadsAHeldCheckpoint(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "c.json")
	v := NewView(path)
	var unusable *UnusableError
	if _, err := v.Load(t.Context()); !errors.As(err, &unusable) {
		t.Errorf("a file that is not there: %v", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		t.Errorf("Load created %v %v", entries, err)
	}
	h := open(t, path)
	defer h.Release(t.Context())
	for _, id := range []string{"first", "second"} {
		f := fullFile()
		f.ID = id
		if err := h.Save(f, nil); err != nil {
			t.Fatal(err)
		}
		if got, err := v.Load(t.Context()); err != nil || !reflect.DeepEqual(got, f) {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if v.Begin(t.Context(), fullFile().Streams...) == nil || v.Commit(t.Context(), Commit{}) == nil {
		t.Error("a view was saved")
	}
	stopped := errors.New("stopped")
	ctx, stop := context.WithCancelCause(t.Context())
	stop(stopped)
	if _, err := v.Load(ctx); !errors.Is(err, stopped) {
		t.Errorf("the context has ended, got %v", err)
	}
	if got, err := v.Load(t.Context()); err != nil || got.ID != "second" || v.Release(t.Context()) != nil || !v.Owns("orders", "shardId-000000000000") {
		t.Errorf("got %+v, %v", got, err)
	}
}

// Backups in the same second have different names. They have the bytes and the mode of the file.
func TestBackupIsAnExactCopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.json")
	h := open(t, path)
	defer h.Release(t.Context())
	if _, err := h.Backup(); err == nil {
		t.Error("there was nothing to back up")
	}
	seen := map[string]bool{}
	for _, id := range []string{"first", "second", "third"} {
		f := fullFile()
		f.ID = id
		if err := h.Save(f, nil); err != nil {
			t.Fatal(err)
		}
		backup, err := h.Backup()
		if err != nil || seen[backup] {
			t.Fatal(backup, err)
		}
		seen[backup] = true
		before, wasErr := os.ReadFile(path)
		is, isErr := os.ReadFile(backup)
		if wasErr != nil || isErr != nil || string(before) != string(is) {
			t.Errorf("%s differs: %v %v", backup, wasErr, isErr)
		}
		if info, err := os.Stat(backup); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", info, err)
		}
	}
	for backup := range seen {
		if f, err := Read(backup); err != nil || f.ID == "" {
			t.Errorf("%s: %v", backup, err)
		}
	}
}
