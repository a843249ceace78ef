package cmd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/report"
	"kin/internal/awsclient"
	"kin/internal/closing"
	"kin/internal/service"
	"kin/internal/words"
	"kin/reader"
)

// sink is what the batches of a run are written to.
type sink struct {
	// open returns what writes a batch, with a context that ends when nothing more
	// can be written.
	open func(ctx context.Context, r *reader.Reader) (func(*reader.Batch) error, context.Context, error)
	// close is called when reading has ended with result, and returns what the run
	// comes to. It is called only after open.
	close func(result error) error
}

// readInto reads as ro says and writes what it encodes into a sink. It is what all
// reading commands have in common. At its end the sink is closed first, then
// consumers are removed, then files are closed, and the checkpoint's lock goes last.
func readInto(ctx context.Context, e *env, o *readOptions, client service.Client, ro reader.Options, to sink) (err error) {
	ro.Unlimited = awsclient.IsOutsideAWS(client.Endpoint)
	ro.Info, ro.Detail, ro.Report, ro.Log = e.Info, e.Detail, e.Print, e.Log
	var files closing.Closers
	defer func() { err = e.closed(ctx, err, files.Close()) }()
	if err := o.openFiles(ctx, e, &ro, &files); err != nil {
		return err
	}
	if o.mode == flags.EFO {
		fan, fanErr := o.fanOut(e, client, &ro)
		if fanErr != nil {
			return fanErr
		}
		defer func() { err = closeFanOut(ctx, e, fan, err) }()
	}
	r, err := reader.New(client, ro)
	if err != nil {
		return err
	}
	followBuffer(ro.FetchBufferSize)
	if o.metricsListen != "" {
		stop, err := report.ServeMetrics(ctx, string(o.metricsListen), r)
		if err != nil {
			return err
		}
		files.Add(stop)
	}
	handle, ctx, err := to.open(ctx, r)
	if err != nil {
		return err
	}
	defer func() { err = to.close(err) }()
	if o.metrics.Text != "-" {
		defer report.StartLive(e.Console, r).Stop()
	}
	if err := r.Run(ctx, handle); err != nil {
		return err
	}
	return o.CheckCount(r.Progress().Records)
}

// followBuffer makes the garbage collector work harder as memory nears what
// the fetch buffer allows for, unless GOMEMLIMIT says what it is to do.
func followBuffer(size int64) {
	const beside = 6 << 20 // what kin needs without any record, but for its program
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(size + size/8 + beside)
	}
}

// execBatch returns a handler that runs command for each batch, with the
// batch's output on its standard input. Its own output goes where kin's goes.
// A command that exits with 0 has taken the batch, whether it read all of it
// or not; anything else ends the run with the batch uncommitted.
func execBatch(ctx context.Context, e *console.Console, command string) func(*reader.Batch) error {
	return func(b *reader.Batch) error {
		parts := make([]io.Reader, len(b.Blocks))
		for i, block := range b.Blocks {
			parts[i] = bytes.NewReader(block.Data)
		}
		// A signal stops the run behind this batch, not in its middle.
		c := console.ShellCommand(context.WithoutCancel(ctx), command)
		c.Stdin = io.MultiReader(parts...)
		c.Stdout, c.Stderr = e.Out, e.ChildStderr()
		err := c.Run()
		if err == nil {
			return nil
		}
		err = fmt.Errorf("--exec %q: %w; its batch of %s is not committed", command, err, words.Count(int64(b.Records), "record"))
		if stop := console.StopOf(ctx, err); stop != nil {
			e.Print(err.Error())
			return stop
		}
		return err
	}
}

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
				return execBatch(ctx, e.Console, o.exec.Text), ctx, nil
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
