// Package await waits for what cannot be interrupted, until a context ends.
package await

import (
	"context"
	"os"
)

// OpenFile is os.OpenFile that ends with ctx. The open of a FIFO waits until
// somebody opens its other side.
func OpenFile(ctx context.Context, name string, flag int, perm os.FileMode) (*os.File, error) {
	return Do(ctx, func() (*os.File, error) {
		return os.OpenFile(name, flag, perm) //nolint:gosec // the user's own file
	}, func(f *os.File) { _ = f.Close() }) // nothing was written
}

// Do returns what do returns, or the cause of ctx when that ends first. do
// cannot be interrupted: it is left behind, and drop gets what it comes to. That is
// safe where a run ends with its context, and do changes nothing that others see. A
// nil ctx never ends: that of a command which is not executed.
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
