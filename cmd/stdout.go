package cmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"kin/reader"
)

// errStdoutClosed means that whoever read stdout has had enough. It is not a
// failure.
var errStdoutClosed = errors.New("stdout was closed")

// errStdoutMissing is a run without a stdout that was to move a checkpoint.
var errStdoutMissing = errors.New("stdout is closed: its records would be lost behind the checkpoint; to discard them on purpose, write to /dev/null")

// stdout is the one owner of a run's standard output.
type stdout struct {
	w       *bufio.Writer
	unwatch func() // ends the watch for a hang-up
}

// close ends the context that came with it, and waits for the end of the watch. It
// leaves stdout itself open.
func (o *stdout) close() { o.unwatch() }

// openStdout takes stdout for a run. The context it returns ends, with
// errStdoutClosed as its cause, when the other side hangs up, also while
// nothing is written. A file that ends in the middle of a line, as a killed
// run leaves it, gets its newline first. The stdout must be closed in the end.
//
// keeps says that what is written counts as delivered, to a checkpoint: then a
// stdout that was closed before the run began is refused.
func (e *env) openStdout(ctx context.Context, keeps bool) (*stdout, context.Context, error) {
	out := &stdout{w: bufio.NewWriterSize(e.Out, 256<<10), unwatch: func() {}}
	f, ok := e.Out.(*os.File)
	if !ok {
		return out, ctx, nil
	}
	if keeps && looksClosed(f) {
		return nil, nil, errStdoutMissing
	}
	torn, err := endsTorn(f)
	if err != nil {
		return nil, nil, fmt.Errorf("look at the end of stdout: %w", err)
	}
	if torn {
		if err := out.w.WriteByte('\n'); err != nil {
			return nil, nil, err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stop, err := watchHangup(f, func() { cancel(errStdoutClosed) })
	if err != nil {
		cancel(nil)
		return nil, nil, fmt.Errorf("watch stdout: %w", err)
	}
	out.unwatch = func() {
		stop()
		cancel(nil)
	}
	return out, ctx, nil
}

// writeBatch writes a batch; when it returns nil the kernel has all of it.
func (o *stdout) writeBatch(b *reader.Batch) error {
	for _, block := range b.Blocks {
		if _, err := o.w.Write(block.Data); err != nil {
			return stdoutError(err)
		}
	}
	return stdoutError(o.w.Flush())
}

func stdoutError(err error) error {
	switch {
	case err == nil:
		return nil
	case isClosedPipe(err), errors.Is(err, io.ErrClosedPipe):
		return errStdoutClosed
	}
	return fmt.Errorf("write stdout: %w", err)
}
