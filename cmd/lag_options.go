package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/report"
	"kin/inspect"
	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/service"
)

type lagOptions struct {
	streams    []string
	checkpoint flags.Text
	from       fromValue
	output     report.LagForm
	watch      flags.Span
	max        maxValue
}

func (o *lagOptions) addFlags(c *cobra.Command) {
	g := flags.GroupMain.In(c.Flags())
	g.Var(&o.checkpoint, "checkpoint", flags.Help{
		Short: "measure from the positions in this file", Value: "file",
		Full: "Measure from the positions in this checkpoint file. kin lag needs it or --from.",
	})
	g.Var(&o.from, "from", flags.Help{
		Short: "measure from here; see kin help positions",
		Full:  "Measure from this position: " + record.PositionForms + ".",
	})
	g.AddOutput(c, &o.output, flags.Help{
		Short: "print a table, json or prometheus",
		Full:  "How to print the lag: table, json for one JSON object on a line, or prometheus for Prometheus's text format.",
	}, string(report.LagTable), string(report.LagJSON), string(report.LagPrometheus))
	g.Var(&o.watch, "watch", flags.Help{
		Short: "measure again this often, at least every 1s",
		Full:  "Measure again this often, 1s or more. On a terminal kin shows a trend too, and the time until the reader has caught up.",
	})
	g.Var(&o.max, "max", flags.Help{
		Short: "exit with 7 if a shard is further behind than this",
		Full:  "Exit with 7 if any shard is further behind than this, or if unread records are gone.",
	})
}

// complete stores the arguments, and requires either --checkpoint or --from. If both are
// set, one from the command line overrides one from a setting.
func (o *lagOptions) complete(e *env, c *cobra.Command, args []string) error {
	f := c.Flags()
	if o.checkpoint.Text != "" && o.from.Given {
		fromCommandLine := func(name string) bool { return f.Changed(name) && !e.origins.IsSetting(name) }
		switch file, from := fromCommandLine("checkpoint"), fromCommandLine("from"); {
		case file == from:
			return console.Usage("--checkpoint and --from contradict each other: want one of them")
		case file:
			o.from = fromValue{}
		default:
			o.checkpoint.Text = ""
		}
	}
	if o.checkpoint.Text == "" && !o.from.Given {
		return console.UsageHint("for example: "+c.CommandPath()+" orders --checkpoint orders.ckpt", "%s needs --checkpoint FILE or --from POSITION", c.CommandPath())
	}
	if o.watch.Duration != 0 && o.output == report.LagPrometheus {
		return console.UsageHint("run kin lag for each scrape, or let kin read --metrics-listen serve the metrics", "--watch and --output prometheus contradict each other: Prometheus output is a single report")
	}
	if o.watch.Duration != 0 && time.Duration(o.watch.Duration) < minWatch {
		return console.Usage("--watch %s: want 1s or more: each report fetches from every shard", o.watch.String())
	}
	o.streams = splitStreams(args)
	if o.checkpoint.Text != "" {
		return nil
	}
	if len(o.streams) == 0 {
		return console.UsageHint("for example: "+c.CommandPath()+" orders --from 15m", "%s needs the name or ARN of a stream", c.CommandPath())
	}
	return nil
}

// minWatch is the shortest interval of --watch. A shard allows five fetches a second, so
// four remain for its readers.
const minWatch = time.Second

// meter turns the flags into an inspect.LagMeter. It loads the checkpoint without locking
// it.
func (o *lagOptions) meter(ctx context.Context, e *env, info func(string)) (*inspect.LagMeter, error) {
	lo := inspect.LagMeterOptions{Streams: o.streams, InitialPosition: o.from.Position, Info: info, Detail: e.Detail, Log: e.Log}
	var client service.Client
	var err error
	if o.checkpoint.Text == "" {
		client, err = e.kinesis(ctx, o.streams...)
	} else {
		view := checkpoint.NewView(o.checkpoint.Text)
		lo.Positions = view
		var f checkpoint.File
		if f, err = view.Load(ctx); err != nil {
			return nil, err
		}
		if lo.Streams, err = streamsIn(o.checkpoint.Text, f, o.streams); err != nil {
			return nil, err
		}
		client, err = e.kinesis(ctx, regionHints(f, lo.Streams)...)
	}
	if err != nil {
		return nil, err
	}
	limitMemory(lagMemory)
	return inspect.NewLagMeter(client, lo)
}

// lagMemory is the fetch buffer size, in bytes, that kin lag passes to limitMemory. With it,
// kin lag uses less than 60 MB for a thousand shards with records of 1 MB.
const lagMemory = 10 << 20

// asFromError turns an error about the initial position into one about --from.
func asFromError(err error) error {
	var bad *record.OptionError
	if errors.As(err, &bad) && bad.Field == "initial position" {
		return &record.OptionError{Field: "from", Want: bad.Want}
	}
	return err
}

// result returns the error of a measurement: that of checkMax, else that of the first stream
// that failed. It prints the errors of the failed streams that it does not return.
func (o *lagOptions) result(ctx context.Context, e *env, measured inspect.LagReport) error {
	err := o.checkMax(measured)
	for i, f := range measured.Failed {
		if i == 0 && err == nil {
			err = f.Err // Main prints it
			continue
		}
		e.PrintError(e.explain(ctx, f.Err))
	}
	return err
}

// checkMax returns a *console.ConditionError if a shard is further behind than --max, or if
// unread records are lost.
func (o *lagOptions) checkMax(measured inspect.LagReport) error {
	if !o.max.given {
		return nil
	}
	limit := time.Duration(o.max.Duration)
	stream, worst := "", inspect.ShardReport{}
	for _, s := range measured.Streams {
		if len(s.Losses) > 0 {
			return &console.ConditionError{Message: s.Losses[0] + "; with lost records the lag counts as more than --max"}
		}
		for _, shard := range s.Shards {
			if shard.MillisBehindLatest > worst.MillisBehindLatest {
				stream, worst = s.Stream, shard
			}
		}
	}
	if behind := report.Millis(worst.MillisBehindLatest); behind > limit {
		return &console.ConditionError{Message: fmt.Sprintf("%s/%s is %s behind, and --max is %s", stream, worst.ShardID, behind, o.max.String())}
	}
	return nil
}

// maxValue is the value of --max. given distinguishes --max 0 from no --max.
type maxValue struct {
	flags.Duration
	given bool
}

func (v *maxValue) Set(s string) error {
	v.given = true
	return v.Duration.Set(s)
}

// fromValue is the value of --from, which has no default.
type fromValue struct{ flags.StartingPosition }

func (v *fromValue) String() string {
	if !v.Given {
		return ""
	}
	return v.StartingPosition.String()
}

func (o *lagOptions) isTable() bool { return o.output == "" || o.output == report.LagTable }

// report formats a measurement.
func (o *lagOptions) report(p report.Palette, measured inspect.LagReport) (string, error) {
	switch o.output {
	case report.LagJSON:
		return report.LagLine(measured)
	case report.LagPrometheus:
		return report.LagMetrics(measured)
	}
	return report.LagTables(p, measured), nil
}
