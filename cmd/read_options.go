package cmd

import (
	"context"
	"fmt"
	"strings"
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

const streamHelp = `stdout carries records and nothing else. When it is closed (| head) the run
ends with 0 and commits nothing that was not written. Exit codes: kin help
exit-codes.`

// readOptions are the flags that read and tail share.
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
	claim         func(context.Context, *checkpoint.Handle) error // what the run wants of the checkpoint's past
	allowDataLoss bool
	data          format.DataMode
	exec          flags.Text // of read only

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
		claim:         transfer.NotOfCopy,
		exec:          flags.Text{Kind: "a command"},
		metrics:       flags.Text{Kind: "a file, or - for stderr"},
		fanOutOptions: defaultFanOutOptions(),
		Bounds:        flags.Bounds{Began: time.Now()}, // the commands are made when kin starts
	}
}

func (o *readOptions) addFlags(f *pflag.FlagSet) {
	f.SortFlags = false
	o.addSourceFlags(f)
	f.BoolVar(&o.noDeaggregate, "no-deaggregate", false, "keep KPL aggregates as the records they are, in place of the records inside")
	f.Var(&o.data, "data", "payloads as "+strings.Join(format.DataModeNames(), ", "))
	o.addFetchFlags(f)
	f.Var(&o.retryFor, "retry-for", "give up on a call (exit 5) that fails for this long, more than 0; without it only the calls at the start are given up, after 30s")
}

// addSourceFlags gives a command the flags that say which records are read.
func (o *readOptions) addSourceFlags(f *pflag.FlagSet) {
	flags.AddPositionFlags(f, &o.position)
	f.Var(&o.checkpoint, "checkpoint", "`file` that keeps where the run stands; a later run goes on from there")
	f.BoolVar(&o.allowDataLoss, "allow-data-loss", false, "go on from the oldest record that is left when the checkpoint is older than what the stream retains, in place of exit 6")
	o.Bounds.AddFlags(f)
	f.Var(&o.shards, "shard", "read only this `shard` of the stream and its descendants (repeatable)")
	f.BoolVar(&o.hashFilter, "hash-filter", false, "drop records of KPL aggregates whose hash keys are outside of their shard's range, and report how many; only for streams that KPL producers alone write to, which send such records again")
	f.BoolVar(&o.noHashFilter, "no-hash-filter", false, "keep all records of KPL aggregates: this is the default")
}

// addFetchFlags gives a command the flags that say how they are fetched.
func (o *readOptions) addFetchFlags(f *pflag.FlagSet) {
	f.IntVar(&o.records, "max-records-per-fetch", o.records, "`records` that one fetch may return, 1 to 10000")
	f.Var(&o.rate, "max-fetch-rate", "how fast each shard is fetched, at most 2.0; more than 1.0 leaves other readers less than half")
	f.Var(&o.period, "min-fetch-period", "time between two fetches of a shard, at least 200ms")
	f.Var(&o.duration, "max-fetch-duration", "how long records may be collected before they are written")
	f.BoolVar(&o.lowLatency, "low-latency", false, "fetch as often as the service allows: --min-fetch-period 210ms --max-fetch-rate 2 --max-fetch-duration 200ms, where they are not given; for the only reader of a stream")
	f.Var(&o.buffer, "fetch-buffer-size", "how much may be fetched and not yet written; memory follows it (the connector's 20gb is for a cluster)")
	f.IntVar(&o.shardsPerTask, "shards-per-task", o.shardsPerTask, "`shards` that one task fetches in parallel")
	f.Var(&o.tasks, "tasks", "how many `tasks` fetch; with fewer than the shards need, shards take turns (default: as many as they need)")
	f.Var(&o.shardInterval, "shard-fetch-interval", "how often to look for new shards")
	f.IntVar(&o.pageSize, "max-shards-per-describe", o.pageSize, "`shards` in one page of a listing, 1 to 10000")
	o.fanOutOptions.addFlags(f)
	f.Var(&o.metrics, "metrics", "append a JSON line about each batch to this `file`, in the shape of a streaming query's progress (-: stderr)")
	f.Var(&o.metricsListen, "metrics-listen", "serve metrics for Prometheus at this `address`, such as 127.0.0.1:9464, under /metrics")
}

// parsed takes the arguments, and the flags that depend on which were given.
func (o *readOptions) parsed(e *env, f *pflag.FlagSet, args []string) error {
	o.streams = splitStreams(args)
	if err := o.fanOutOptions.parsed(e, f); err != nil {
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

// reader turns the flags into the core's options.
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
	ro.Line = format.JSON{}.Append
	ro.RetryFor = time.Duration(o.retryFor.Duration)
	ro.AllowDataLoss = o.allowDataLoss
	if o.metrics.Text != "" && input.SameFile(o.metrics.Text, o.checkpoint.Text) {
		return ro, console.Usage("--metrics and --checkpoint are the same file: want one for each")
	}
	switch {
	case o.hashFilter && o.noHashFilter:
		return ro, console.UsageHint("give one of the two", "--hash-filter drops records of aggregates, and --no-hash-filter keeps them")
	case o.noDeaggregate && (o.hashFilter || o.noHashFilter):
		name := "--hash-filter"
		if o.noHashFilter {
			name = "--no-hash-filter"
		}
		return ro, console.UsageHint("give one of the two", "%s is for the records inside aggregates, and --no-deaggregate keeps aggregates whole", name)
	}
	return ro, o.Bounds.Apply(&ro, o.checkpoint.Text != "")
}

// openFiles opens the checkpoint and the metrics file, where there are any, within
// the time of the run.
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
		if err := o.notePosition(ctx, e, file); err != nil {
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

// notePosition says what the checkpoint makes of the position: streams that it
// knows go on from there, whatever the flags say; a stream that it does not
// know and that begins at latest has nothing to read up to now.
func (o *readOptions) notePosition(ctx context.Context, e *env, file *checkpoint.Handle) error {
	saved, err := file.Load(ctx)
	if err != nil {
		return err
	}
	for _, s := range o.streams {
		name := record.ParseStream(s).Name
		known := saved.Find(name)
		switch {
		case known == nil && o.AvailableNow && o.position.Kind == record.Latest:
			e.Info(name + " is new to the checkpoint and begins at latest: the next run reads the records that arrive from now on")
		case known != nil && o.position.Given && known.InitialPosition != o.position.String():
			e.Info(fmt.Sprintf("%s resumes from the checkpoint, which began at %s; --from %s is not used", name, known.InitialPosition, o.position.String()))
		}
	}
	return nil
}

// lockedCheckpoint is a checkpoint whose lock outlives the reader's run: the run's
// outputs are closed first.
type lockedCheckpoint struct{ *checkpoint.Handle }

// Release keeps the lock.
func (lockedCheckpoint) Release(context.Context) error { return nil }
