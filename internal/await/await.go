// Package await runs blocking operations that cannot be interrupted, until a context ends.
package await

import (
	"context"
	"os"
)

// OpenFile is os.OpenFile, but it returns when ctx ends. Opening a FIFO blocks until its
// other end is opened.
func OpenFile(ctx context.Context, name string, flag int, perm os.FileMode) (*os.File, error) {
	return Do(ctx, func() (*os.File, error) {
		return os.OpenFile(name, flag, perm) //nolint:gosec // the user's own file
	}, func(f *os.File) { _ = f.Close() }) // nothing was written
}

// Do returns the result of do, or the cause of ctx if ctx ends first. do cannot be
// interrupted. If ctx ends first, do continues in the background, and drop is called with
// its value.
//
// So Do is only for runs that end with ctx, and for a do without visible effects. A nil ctx
// never ends; commands that are not executed have one.
func Do[T any](ctx context.Context, do func() (T, error), drop func(T)) (T, error) {
	if ctx == nil {
		return do()
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result)
	go func() {
		v, err := do()
		select {
		case done <- result{v, err}:
		case <-ctx.Done():
			if err == nil {
				drop(v)
			}
		}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}
