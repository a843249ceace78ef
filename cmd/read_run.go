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

// sink is the output of a run's batches.
type sink struct {
	// open returns the handler of batches. It also returns a context that ends when the
	// output accepts no more.
	open func(ctx context.Context, r *reader.Reader) (func(*reader.Batch) error, context.Context, error)
	// close is called if open succeeded, after reading has ended with result. It returns
	// the result of the run.
	close func(result error) error
}

// readInto reads with the options ro and passes each batch to a sink. All reading commands
// use it. At the end it closes the sink, removes consumers, closes files, and releases the
// checkpoint's lock, in this order.
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
	limitMemory(ro.FetchBufferSize)
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
	if err := r.Run(ctx, reader.HandlerOf(handle)); err != nil {
		return err
	}
	return o.CheckCount(r.Progress().Records)
}

// limitMemory sets the soft memory limit of the garbage collector from the size of the
// fetch buffer in bytes, unless GOMEMLIMIT is set.
func limitMemory(size int64) {
	const base = 6 << 20 // kin's heap without any record
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(size + size/8 + base)
	}
}

// execBatch returns a handler that runs command for each batch, with the batch's output on
// its stdin. The command writes to kin's own stdout and stderr. If it exits with 0, the
// batch is committed, even if the command did not read all of it. Anything else ends the
// run without committing the batch.
func execBatch(ctx context.Context, e *console.Console, command string) func(*reader.Batch) error {
	return func(b *reader.Batch) error {
		parts := make([]io.Reader, len(b.Blocks))
		for i, block := range b.Blocks {
			parts[i] = bytes.NewReader(block.Data)
		}
		// A signal stops the run after this batch: it does not kill the command.
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

// readAndWrite reads with the options ro and writes to stdout or to --exec. read and tail
// use it.
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

// stdoutOrExec returns the sink for stdout, or for the command of --exec.
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

// writeBatch writes a batch and flushes. When it returns nil, the kernel has the whole
// batch.
func writeBatch(out *console.Stdout, b *reader.Batch) error {
	for _, block := range b.Blocks {
		if _, err := out.Write(block.Data); err != nil {
			return err
		}
	}
	return out.Flush()
}
