package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrStdoutClosed means that the reader of stdout has closed it, as head does. It is not a
// failure.
var ErrStdoutClosed = errors.New("stdout was closed")

// errStdoutMissing refuses a run with a checkpoint whose stdout was closed from the start.
var errStdoutMissing = errors.New("stdout is closed: the checkpoint would move past records that were never printed; to discard them on purpose, write to /dev/null")

// Stdout is the only writer of a run's standard output.
type Stdout struct {
	w       *bufio.Writer
	unwatch func() // stops watching for a hang-up
}

// Close ends the context that OpenStdout returned, and waits until the watch for a hang-up
// has ended. It neither flushes nor closes stdout.
func (o *Stdout) Close() { o.unwatch() }

// OpenStdout prepares stdout for a run. The returned context ends with ErrStdoutClosed as
// its cause when the reader hangs up, even while nothing is written. If stdout is a file
// that ends in the middle of a line, as after a killed run, the first write begins with a
// newline. The caller has to close the returned Stdout.
//
// keeps means that a checkpoint counts the output as delivered. Then a stdout that was
// closed when the process started is refused.
func (c *Console) OpenStdout(ctx context.Context, keeps bool) (*Stdout, context.Context, error) {
	out := &Stdout{w: bufio.NewWriterSize(c.Out, 256<<10), unwatch: func() {}}
	f, ok := c.Out.(*os.File)
	if !ok {
		return out, ctx, nil
	}
	if keeps && startedClosed(f) {
		return nil, nil, errStdoutMissing
	}
	partialLine, err := endsMidLine(f)
	if err != nil {
		return nil, nil, fmt.Errorf("read the end of stdout: %w", err)
	}
	if partialLine {
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

// Write buffers data; Flush passes it to the kernel. Both return ErrStdoutClosed if the
// reader has closed stdout.
func (o *Stdout) Write(data []byte) (int, error) {
	n, err := o.w.Write(data)
	return n, StdoutError(err)
}

// Flush returns nil when the kernel has everything that was written.
func (o *Stdout) Flush() error { return StdoutError(o.w.Flush()) }

// StdoutError returns ErrStdoutClosed if err means that the reader has closed stdout. It
// adds context to any other error, and returns nil for nil.
func StdoutError(err error) error {
	switch {
	case err == nil:
		return nil
	case isClosedPipe(err), errors.Is(err, io.ErrClosedPipe):
		return ErrStdoutClosed
	}
	return fmt.Errorf("write stdout: %w", err)
}
