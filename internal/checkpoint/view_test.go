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

// A view reads what a run holds, as it moves, and leaves nothing beside it.
func TestAViewReadsWhatARunHolds(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "c.json")
	v := NewView(path)
	var unusable *UnusableError
	if _, err := v.Load(t.Context()); !errors.As(err, &unusable) {
		t.Errorf("a file that is not there: %v", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		t.Errorf("a look left %v %v", entries, err)
	}
	h := open(t, path)
	defer h.Release(t.Context())
	for _, id := range []string{"first", "second"} {
		f := whole()
		f.ID = id
		if err := h.Save(f, nil); err != nil {
			t.Fatal(err)
		}
		if got, err := v.Load(t.Context()); err != nil || !reflect.DeepEqual(got, f) {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if v.Begin(t.Context(), whole().Streams...) == nil || v.Commit(t.Context(), Commit{}) == nil {
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

// Backups of one second have names of their own, the file's bytes and its mode.
func TestABackupIsTheFileByteForByte(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.json")
	h := open(t, path)
	defer h.Release(t.Context())
	if _, err := h.Backup(); err == nil {
		t.Error("there was nothing to back up")
	}
	seen := map[string]bool{}
	for _, id := range []string{"first", "second", "third"} {
		f := whole()
		f.ID = id
		if err := h.Save(f, nil); err != nil {
			t.Fatal(err)
		}
		backup, err := h.Backup()
		if err != nil || seen[backup] {
			t.Fatal(backup, err)
		}
		seen[backup] = true
		was, wasErr := os.ReadFile(path)
		is, isErr := os.ReadFile(backup)
		if wasErr != nil || isErr != nil || string(was) != string(is) {
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
