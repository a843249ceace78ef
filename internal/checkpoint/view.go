package checkpoint

import (
	"context"
	"errors"
	"io/fs"
)

// View is a checkpoint file that somebody looks at. It takes no lock, so that
// it works while a run holds the file, and it never writes: a replacement is
// atomic, so that every Load sees a whole file.
type View struct{ path string }

// NewView returns a view of the file at path, which is not read yet.
func NewView(path string) View { return View{path} }

// Owns is true for every shard: a file has one run.
func (v View) Owns(string, string) bool { return true }

// Load reads the file as it is now, unless ctx has ended. A file that is not there cannot be looked
// at: its error is an *UnusableError, as for one that is no checkpoint.
func (v View) Load(ctx context.Context) (File, error) {
	if ctx.Err() != nil {
		return File{}, context.Cause(ctx)
	}
	f, err := Read(v.path)
	if errors.Is(err, fs.ErrNotExist) {
		return File{}, &UnusableError{Path: v.path, Reason: "it is not there", Next: "kin read --checkpoint FILE creates one"}
	}
	if err != nil {
		return File{}, unusable(v.path, err)
	}
	return f, nil
}

var errView = errors.New("a view of a checkpoint is never saved")

// Begin refuses.
func (v View) Begin(context.Context, ...Stream) error { return errView }

// Commit refuses.
func (v View) Commit(context.Context, Commit) error { return errView }

// Release has nothing to give up.
func (v View) Release(context.Context) error { return nil }
