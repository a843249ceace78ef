//go:build unix

package checkpoint

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// mustNotHang fails the test if do blocks in a system call.
func mustNotHang(t *testing.T, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s hangs", what)
	}
}

func TestFault18PlantedLockFileIsRefusedAndItsTargetUnchanged(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "precious")
	plant := map[string]func(lock string) error{
		"symbolic link": func(lock string) error { return os.Symlink(target, lock) },
		"dangling link": func(lock string) error { return os.Symlink(filepath.Join(dir, "nowhere"), lock) },
		"link to a FIFO": func(lock string) error {
			return errors.Join(syscall.Mkfifo(lock+".fifo", 0o600), os.Symlink(lock+".fifo", lock))
		},
		"hard link": func(lock string) error { return os.Link(target, lock) },
		"FIFO":      func(lock string) error { return syscall.Mkfifo(lock, 0o600) },
		"folder":    func(lock string) error { return os.Mkdir(lock, 0o700) },
		"device":    func(lock string) error { return os.Symlink("/dev/zero", lock) },
		"socket": func(lock string) error {
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: lock, Net: "unix"})
			if err == nil {
				t.Cleanup(func() { _ = l.Close() })
			}
			return err
		},
	}
	for name, plant := range plant {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(target, []byte("keep me"), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir()) // a socket needs a short path
			const path = "c.json"
			if err := plant(path + ".lock"); err != nil {
				t.Fatal(err)
			}
			var err error
			mustNotHang(t, "Open", func() { _, err = Open(path) })
			var bad *UnusableError
			if !errors.As(err, &bad) || bad.Hint() == "" {
				t.Errorf("%v, want unusable", err)
			}
			if b, err := os.ReadFile(target); err != nil || string(b) != "keep me" {
				t.Errorf("the target is %q, %v", b, err)
			}
			if _, err := os.Lstat(filepath.Join(dir, "nowhere")); err == nil {
				t.Error("the link's target was created")
			}
		})
	}
}

func TestFault18SaveFailsAfterTheLockFileIsLost(t *testing.T) {
	for name, lose := range map[string]func(lock string) error{
		"removed": os.Remove,
		"replaced": func(lock string) error {
			return errors.Join(os.WriteFile(lock+".new", nil, 0o600), os.Rename(lock+".new", lock))
		},
		"became a link": func(lock string) error {
			return errors.Join(os.Rename(lock, lock+".moved"), os.Symlink(lock+".moved", lock))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c.json")
			h := open(t, path)
			if err := h.Save(fullFile(), nil); err != nil {
				t.Fatal(err)
			}
			if err := lose(path + ".lock"); err != nil {
				t.Fatal(err)
			}
			next := fullFile()
			next.ID = "another"
			err := h.Save(next, nil)
			var lost *LostLockError
			if !errors.As(err, &lost) || !lost.Held() || lost.Hint() == "" {
				t.Errorf("%v, want a lost lock", err)
			}
			if got, err := Read(path); err != nil || got.ID != fullFile().ID {
				t.Errorf("the file has id %q, %v", got.ID, err)
			}
			if err := h.Release(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestFault18IrregularCheckpointDoesNotBlock(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(fifo, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, link, dir, "/dev/zero"} {
		mustNotHang(t, path, func() {
			var bad *UnusableError
			if _, err := NewView(path).Load(t.Context()); !errors.As(err, &bad) {
				t.Errorf("a look at %s: %v, want unusable", path, err)
			}
			if _, err := Open(path); !errors.As(err, &bad) {
				t.Errorf("a run with %s: %v, want unusable", path, err)
			}
		})
	}
	// A run holds the checkpoint, which is then replaced by a FIFO.
	path := filepath.Join(dir, "c.json")
	h := open(t, path)
	if err := h.Save(fullFile(), nil); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	mustNotHang(t, "Backup", func() {
		if _, err := h.Backup(); err == nil {
			t.Error("a FIFO was backed up")
		}
	})
	if err := h.Release(t.Context()); err != nil {
		t.Error(err)
	}
}
