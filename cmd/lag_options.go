package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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
	from       targetValue
	output     report.LagForm
	watch      flags.Span
	most       mostValue
}

func (o *lagOptions) addFlags(f *pflag.FlagSet) {
	f.Var(&o.checkpoint, "checkpoint", "the checkpoint `file` to measure from; this or --from")
	f.Var(&o.from, "from", "the position to measure from: "+record.PositionForms)
	f.VarP(&o.output, "output", "o", "table, json or prometheus")
	f.Var(&o.watch, "watch", "look again and again, this often, at least every 1s; on a terminal with a trend, and the time until it has caught up")
	f.Var(&o.most, "max", "end with 7 if any shard is further behind than this, or if records are gone that were not read")
}

// parsed takes the arguments, and wants one of the two places to look from. Of
// two that were set, one by hand goes before one that is a setting.
func (o *lagOptions) parsed(e *env, c *cobra.Command, args []string) error {
	f := c.Flags()
	if o.checkpoint.Text != "" && o.from.Given {
		byHand := func(name string) bool { return f.Changed(name) && !e.origins.IsSetting(name) }
		switch file, from := byHand("checkpoint"), byHand("from"); {
		case file == from:
			return console.Usage("--checkpoint and --from contradict each other: want one of them")
		case file:
			o.from = targetValue{}
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
	if o.watch.Duration != 0 && time.Duration(o.watch.Duration) < leastWatch {
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

// leastWatch leaves four of the five fetches that a shard allows a second to
// those who read it.
const leastWatch = time.Second

// looker turns the flags into what looks.
func (o *lagOptions) looker(ctx context.Context, e *env, info func(string)) (*inspect.Looker, error) {
	lo := inspect.LookOptions{Streams: o.streams, InitialPosition: o.from.Position, Info: info, Detail: e.Detail, Log: e.Log}
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
	followBuffer(lagMemory)
	return inspect.NewLooker(client, lo)
}

// lagMemory is about what the answers of one look should hold at once: a thousand
// shards whose records are of a megabyte are looked at in less than 60 MB.
const lagMemory = 10 << 20

// aboutFrom gives what the core says of the initial position to --from.
func aboutFrom(err error) error {
	var bad *record.OptionError
	if errors.As(err, &bad) && bad.Field == "initial position" {
		return &record.OptionError{Field: "from", Want: bad.Want}
	}
	return err
}

// verdict returns the error of a look. It prints the error of each stream that failed;
// the first of these decides the exit code unless another stream exceeds --max.
func (o *lagOptions) verdict(ctx context.Context, e *env, look inspect.Look) error {
	result := o.judge(look)
	for i, f := range look.Failed {
		if i == 0 && result == nil {
			result = f.Err // it is reported as the error of the command
			continue
		}
		e.PrintError(e.explain(ctx, f.Err))
	}
	return result
}

// judge is exit code 7 where a shard is further behind than it may be.
func (o *lagOptions) judge(look inspect.Look) error {
	if !o.most.given {
		return nil
	}
	most := time.Duration(o.most.Duration)
	stream, worst := "", inspect.ShardLook{}
	for _, s := range look.Streams {
		if len(s.Losses) > 0 {
			return &console.ConditionError{Message: s.Losses[0] + "; kin counts lost records as beyond --max"}
		}
		for _, shard := range s.Shards {
			if shard.MillisBehindLatest > worst.MillisBehindLatest {
				stream, worst = s.Stream, shard
			}
		}
	}
	if behind := report.Millis(worst.MillisBehindLatest); behind > most {
		return &console.ConditionError{Message: fmt.Sprintf("%s/%s is %s behind, and --max is %s", stream, worst.ShardID, behind, o.most.String())}
	}
	return nil
}

// mostValue is a duration that counts when it was given, 0 too.
type mostValue struct {
	flags.Duration
	given bool
}

func (v *mostValue) Set(s string) error {
	v.given = true
	return v.Duration.Set(s)
}

// targetValue is a position that has no default.
type targetValue struct{ flags.StartingPosition }

func (v *targetValue) String() string {
	if !v.Given {
		return ""
	}
	return v.StartingPosition.String()
}

func (o *lagOptions) isTable() bool { return o.output == "" || o.output == report.LagTable }

// report is one look as it is printed.
func (o *lagOptions) report(p report.Palette, look inspect.Look) (string, error) {
	switch o.output {
	case report.LagJSON:
		return report.LagLine(look)
	case report.LagPrometheus:
		return report.LagMetrics(look)
	}
	return report.LagTables(p, look), nil
}
