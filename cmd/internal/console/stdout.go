package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrStdoutClosed means that whoever read stdout has had enough. It is not a
// failure.
var ErrStdoutClosed = errors.New("stdout was closed")

// errStdoutMissing is a run without a stdout that was to move a checkpoint.
var errStdoutMissing = errors.New("stdout is closed: the checkpoint would move past records that were never printed; to discard them on purpose, write to /dev/null")

// Stdout is the one owner of a run's standard output.
type Stdout struct {
	w       *bufio.Writer
	unwatch func() // ends the watch for a hang-up
}

// Close ends the context that came with it, and waits for the end of the watch. It
// leaves stdout itself open.
func (o *Stdout) Close() { o.unwatch() }

// OpenStdout takes stdout for a run. The context it returns ends, with
// ErrStdoutClosed as its cause, when the other side hangs up, also while
// nothing is written. A file that ends in the middle of a line, as a killed
// run leaves it, gets its newline first. The stdout must be closed in the end.
//
// keeps says that what is written counts as delivered, to a checkpoint: then a
// stdout that was closed before the run began is refused.
func (c *Console) OpenStdout(ctx context.Context, keeps bool) (*Stdout, context.Context, error) {
	out := &Stdout{w: bufio.NewWriterSize(c.Out, 256<<10), unwatch: func() {}}
	f, ok := c.Out.(*os.File)
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
	stop, err := watchHangup(f, func() { cancel(ErrStdoutClosed) })
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

// Write buffers data; Flush hands it to the kernel. Both tell a reader who has had
// enough, ErrStdoutClosed, from failures.
func (o *Stdout) Write(data []byte) (int, error) {
	n, err := o.w.Write(data)
	return n, StdoutError(err)
}

// Flush returns nil when the kernel has all that was written.
func (o *Stdout) Flush() error { return StdoutError(o.w.Flush()) }

// StdoutError is ErrStdoutClosed where the reader has closed stdout, else the failure.
func StdoutError(err error) error {
	switch {
	case err == nil:
		return nil
	case isClosedPipe(err), errors.Is(err, io.ErrClosedPipe):
		return ErrStdoutClosed
	}
	return fmt.Errorf("write stdout: %w", err)
}
