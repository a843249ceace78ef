package cmd

import (
	"context"

	"kin/cmd/internal/console"
	"kin/internal/service"
	"kin/reader"
)

// readAndWrite reads as ro says and writes what it encodes to stdout, or to
// --exec. It is what read and tail have in common.
func readAndWrite(ctx context.Context, e *env, o *readOptions, ro reader.Options) error {
	var client service.Client
	err := o.StartWithin(ctx, func(ctx context.Context) (err error) {
		client, err = e.kinesis(ctx, o.streams...)
		return err
	})
	if err != nil {
		return err
	}
	return readInto(ctx, e, o, client, ro, e.stdoutOrExec(o))
}

// stdoutOrExec writes batches to stdout, or to the command of --exec.
func (e *env) stdoutOrExec(o *readOptions) sink {
	var out *console.Stdout
	return sink{
		open: func(ctx context.Context, _ *reader.Reader) (func(*reader.Batch) error, context.Context, error) {
			if o.exec.Text != "" {
				return e.execBatch(ctx, o.exec.Text), ctx, nil
			}
			opened, ctx, err := e.OpenStdout(ctx, o.checkpoint.Text != "")
			if err != nil {
				return nil, nil, err
			}
			out = opened
			return func(b *reader.Batch) error { return writeBatch(out, b) }, ctx, nil
		},
		close: func(result error) error {
			if out != nil {
				out.Close()
			}
			return result
		},
	}
}

// writeBatch writes a batch; when it returns nil the kernel has all of it.
func writeBatch(out *console.Stdout, b *reader.Batch) error {
	for _, block := range b.Blocks {
		if _, err := out.Write(block.Data); err != nil {
			return err
		}
	}
	return out.Flush()
}
