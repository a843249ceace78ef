package cmd

import (
	"context"
	"errors"

	"kin/cmd/internal/console"
	"kin/internal/checkpoint"
)

// closed returns what a run comes to whose files were closed with err. A file that
// could not be closed fails the run. Where something else has failed it before,
// that is reported at once.
func (e *env) closed(ctx context.Context, result, err error) error {
	switch {
	case err == nil:
		return result
	case result == nil, errors.Is(result, console.ErrStdoutClosed):
		return err
	}
	e.PrintError(e.explain(ctx, err))
	return result
}

// lockedCheckpoint is a checkpoint whose lock outlives the reader's run: the run's
// outputs are closed first.
type lockedCheckpoint struct{ *checkpoint.Handle }

// Release keeps the lock.
func (lockedCheckpoint) Release() error { return nil }
