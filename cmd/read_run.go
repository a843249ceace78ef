package cmd

import (
	"context"
	"os"
	"runtime/debug"

	"kin/cmd/internal/flags"
	"kin/cmd/internal/report"
	"kin/internal/awsclient"
	"kin/internal/closing"
	"kin/internal/service"
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
	ro.Say, ro.Chat, ro.Report, ro.Log = e.Info, e.Detail, e.Print, e.Log
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
		defer e.startLive(r).Stop()
	}
	if err := r.Run(ctx, handle); err != nil {
		return err
	}
	return o.Judge(r.Progress().Records)
}

// followBuffer makes the collector of garbage work harder as memory nears what
// the fetch buffer allows for, unless GOMEMLIMIT says what it is to do.
func followBuffer(size int64) {
	const beside = 6 << 20 // what kin needs without any record, but for its program
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(size + size/8 + beside)
	}
}
