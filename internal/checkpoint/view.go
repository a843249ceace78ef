package checkpoint

import (
	"context"
	"errors"
	"io/fs"
)

// View reads a checkpoint file without a lock, even while a run holds it. It never writes. Saves
// are atomic, so every Load returns a whole file.
type View struct{ path string }

// NewView returns a view of the file at path. It does not read the file.
func NewView(path string) View { return View{path} }

// Owns returns true for every shard: a file belongs to one run.
func (v View) Owns(string, string) bool { return true }

// Load reads the current file, unless ctx has ended. The error is an *UnusableError if the file
// does not exist or is not a checkpoint.
func (v View) Load(ctx context.Context) (File, error) {
	if ctx.Err() != nil {
		return File{}, context.Cause(ctx)
	}
	f, err := Read(v.path)
	if errors.Is(err, fs.ErrNotExist) {
		return File{}, &UnusableError{Path: v.path, Reason: "it does not exist", Next: "kin read --checkpoint FILE creates one"}
	}
	if err != nil {
		return File{}, unusable(v.path, err)
	}
	return f, nil
}

var errView = errors.New("a checkpoint view is read-only")

// Begin always fails.
func (v View) Begin(context.Context, ...Stream) error { return errView }

// Commit always fails.
func (v View) Commit(context.Context, Commit) error { return errView }

// Release does nothing.
func (v View) Release(context.Context) error { return nil }
