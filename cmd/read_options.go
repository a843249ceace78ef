package cmd

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/report"
	"kin/format"
	"kin/internal/checkpoint"
	"kin/internal/closing"
	"kin/internal/input"
	"kin/internal/record"
	"kin/reader"
	"kin/transfer"
)

const streamHelp = `stdout carries only records. When the reader of stdout closes it (| head), the
run ends with exit code 0 and commits only what was written. kin help exit-codes
lists the exit codes, and kin help format the members of a JSON line.`

// readOptions are the flags that read, tail and copy share.
type readOptions struct {
	streams []string

	position      flags.StartingPosition
	records       int
	rate          flags.FetchRate
	period        flags.Duration
	duration      flags.Duration
	buffer        flags.Size
	shardsPerTask int
	tasks         flags.Tasks
	shardInterval flags.Duration
	pageSize      int

	flags.Bounds
	fanOutOptions
	shards     flags.Texts
	lowLatency bool
	retryFor   flags.Span

	noDeaggregate, hashFilter, noHashFilter bool

	checkpoint    flags.Text
	claim         func(context.Context, *checkpoint.Handle) error // checks whose checkpoint it is: a copy's is not for read
	allowDataLoss bool
	data          format.DataMode
	exec          flags.Text // kin read only

	metrics       flags.Text
	metricsListen flags.Address
}

func defaultReadOptions() *readOptions {
	d := reader.DefaultOptions()
	return &readOptions{
		records:       d.MaxRecordsPerFetch,
		rate:          flags.FetchRate(d.MaxFetchRate),
		period:        flags.Duration(d.MinFetchPeriod),
		duration:      flags.Duration(d.MaxFetchDuration),
		buffer:        flags.Size(d.FetchBufferSize),
		shardsPerTask: d.ShardsPerTask,
		tasks:         flags.Tasks(d.Tasks),
		shardInterval: flags.Duration(d.ShardFetchInterval),
		pageSize:      d.MaxShardsPerDescribe,
		shards:        flags.Texts{Kind: flags.WantShard},
		checkpoint:    flags.Text{Kind: "a file"},
		claim:         transfer.RefuseCopyCheckpoint,
		exec:          flags.Text{Kind: "a command"},
		metrics:       flags.Text{Kind: "a file, or - for stderr"},
		fanOutOptions: defaultFanOutOptions(),
		Bounds:        flags.Bounds{Began: time.Now()}, // the commands are created when kin starts
	}
}

// complete stores the arguments, and sets the options that depend on which flags were
// given.
func (o *readOptions) complete(e *env, f *pflag.FlagSet, args []string) error {
	o.streams = splitStreams(args)
	if err := o.fanOutOptions.complete(e, f); err != nil {
		return err
	}
	if !o.lowLatency {
		return nil
	}
	if !f.Changed("min-fetch-period") {
		o.period = flags.Duration(210 * time.Millisecond)
	}
	if !f.Changed("max-fetch-rate") {
		o.rate = 2
	}
	if !f.Changed("max-fetch-duration") {
		o.duration = flags.Duration(200 * time.Millisecond)
	}
	return nil
}

// reader turns the flags into reader.Options.
func (o *readOptions) reader() (reader.Options, error) {
	ro := reader.DefaultOptions()
	ro.Streams = o.streams
	ro.InitialPosition = o.position.Position
	ro.MaxRecordsPerFetch = o.records
	ro.MaxFetchRate = float64(o.rate)
	ro.MinFetchPeriod = time.Duration(o.period)
	ro.MaxFetchDuration = time.Duration(o.duration)
	ro.FetchBufferSize = int64(o.buffer)
	ro.ShardsPerTask = o.shardsPerTask
	ro.Tasks = int(o.tasks)
	ro.ShardFetchInterval = time.Duration(o.shardInterval)
	ro.MaxShardsPerDescribe = o.pageSize
	ro.Shards = o.shards.List
	ro.NoDeaggregate = o.noDeaggregate
	ro.HashFilter = o.hashFilter
	ro.Line = format.JSON{}.Append // measures expanded aggregates, and prints nothing
	ro.RetryFor = time.Duration(o.retryFor.Duration)
	ro.AllowDataLoss = o.allowDataLoss
	if o.metrics.Text != "" && input.SameFile(o.metrics.Text, o.checkpoint.Text) {
		return ro, console.Usage("--metrics and --checkpoint are the same file: want one for each")
	}
	switch {
	case o.hashFilter && o.noHashFilter:
		return ro, console.UsageHint("give one of the two", "--hash-filter and --no-hash-filter contradict each other: want one of them")
	case o.noDeaggregate && (o.hashFilter || o.noHashFilter):
		name := "--hash-filter"
		if o.noHashFilter {
			name = "--no-hash-filter"
		}
		return ro, console.UsageHint("give one of the two", "%s and --no-deaggregate contradict each other: --no-deaggregate keeps aggregates whole", name)
	}
	return ro, o.Bounds.Apply(&ro, o.checkpoint.Text != "")
}

// openFiles opens the checkpoint and the metrics file, if the flags name them, within
// --timeout. It adds their closing to open.
func (o *readOptions) openFiles(ctx context.Context, e *env, ro *reader.Options, open *closing.Closers) error {
	run := ctx
	ctx, cancel := o.Limited(ctx, &reader.TimeoutError{After: ro.Timeout})
	defer cancel()
	if o.checkpoint.Text != "" {
		file, err := checkpoint.Open(o.checkpoint.Text)
		if err != nil {
			return err
		}
		open.Add(func() error { return file.Release(context.WithoutCancel(run)) })
		ro.Positions = lockedCheckpoint{file}
		if err := o.claim(ctx, file); err != nil {
			return err
		}
		if err := o.reportPosition(ctx, e, file); err != nil {
			return err
		}
	}
	if o.metrics.Text != "" {
		metrics, err := report.OpenMetrics(ctx, e.Console, o.metrics.Text)
		if err != nil {
			return err
		}
		open.Add(metrics.Close)
		ro.Observe = report.Observer(run, metrics, o.Began, ro.Timeout)
	}
	return nil
}

// reportPosition reports how the checkpoint affects --from. A stream in the checkpoint
// resumes there, and --from is not used. With --available-now, a stream that is new to the
// checkpoint and begins at latest has nothing to read yet.
func (o *readOptions) reportPosition(ctx context.Context, e *env, file *checkpoint.Handle) error {
	saved, err := file.Load(ctx)
	if err != nil {
		return err
	}
	for _, s := range o.streams {
		name := record.ParseStream(s).Name
		known := saved.Find(name)
		switch {
		case known == nil && o.AvailableNow && o.position.Kind == record.Latest:
			e.Info(name + " is new to the checkpoint and begins at latest: this run reads nothing from it, and the next run reads the records that arrive from now on")
		case known != nil && o.position.Given && known.InitialPosition != o.position.String():
			e.Info(fmt.Sprintf("%s resumes from the checkpoint, whose first run began at %s; kin ignores --from %s", name, known.InitialPosition, o.position.String()))
		}
	}
	return nil
}

// lockedCheckpoint is a checkpoint that the reader does not unlock. openFiles adds the
// unlocking to the closers of the run, so that it happens after the outputs were closed.
type lockedCheckpoint struct{ *checkpoint.Handle }

// Release does nothing.
func (lockedCheckpoint) Release(context.Context) error { return nil }
