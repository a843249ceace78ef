package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/report"
	"kin/inspect"
	"kin/internal/checkpoint"
	"kin/internal/record"
)

func newCheckpointReset(e *env) *cobra.Command {
	o := &checkpointResetOptions{streams: wantStreams(), shards: flags.Texts{Kind: flags.WantShard}}
	c := &cobra.Command{
		Use:   "reset FILE --to POSITION",
		Short: "Move a checkpoint file to another position",
		Long: `Use it to read records again, or to skip some: the next run with the file starts
at POSITION, as a first run would.

With a time or an age the next run skips older records. With trim_horizon it
reads all that the stream retains. With --shard kin moves only the named shards.
Their descendants keep their positions, and the next run reads them after these
shards.

kin prints the difference first. On a terminal it then asks; elsewhere it needs
--yes. It keeps a copy of the old file beside it, and prints the copy's name on
stderr. While a run uses the file kin does not move it (exit 8).

It needs kinesis:ListShards. With kinesis:DescribeStreamSummary it also refuses
a stream that was deleted and created again, and a time that is no longer
retained. For a stream of another account, give its ARN with --stream.`,
		Example: `  # Print what would change.
  kin checkpoint reset orders.ckpt --to 15m --dry-run
  # Start at a time, without a question.
  kin checkpoint reset orders.ckpt --to 2026-11-22T10:00:00Z --yes
  # Start at the oldest record of each shard.
  kin checkpoint reset orders.ckpt --to trim_horizon`,
		Args: fileArgument,
		RunE: func(c *cobra.Command, args []string) error {
			o.path = args[0]
			return flags.OptionUsage(c, runCheckpointReset(c.Context(), e, o))
		},
	}
	o.addFlags(c.Flags())
	flags.AddReport(c, &o.output)
	e.connection.AddFlags(c.Flags())
	return c
}

type checkpointResetOptions struct {
	path            string
	to              fromValue
	streams, shards flags.Texts
	yes, dryRun     bool
	output          report.Form
}

func (o *checkpointResetOptions) addFlags(f *pflag.FlagSet) {
	g := flags.GroupMain.In(f)
	g.Var(&o.to, "to", flags.Help{
		Short: "move to here; see kin help positions",
		Full:  "Where the next run is to start: " + record.PositionForms + ".",
	})
	g.Var(&o.shards, "shard", flags.Help{
		Short: "move only this shard (repeatable)", Value: "shard",
		Full: "Move only this shard. The file must have one stream, or --stream must name one. It can be repeated.",
	})
	g.Var(&o.streams, "stream", flags.Help{
		Short: "move only these streams of the file", Value: "streams", Default: "all",
		Full: "Move only these streams of the file, by name or ARN.",
	})
	g.Bool(&o.yes, "yes", flags.Help{
		Short: "do not ask before moving", Letter: "y",
		Full: "Do not ask before moving. Without a terminal it is required.",
	})
	g.Bool(&o.dryRun, "dry-run", flags.Help{
		Short: "print the difference; move nothing",
		Full:  "Print the difference between the old positions and the new ones, and move nothing.",
	})
}

// check refuses wrong usage before any file is opened.
func (o *checkpointResetOptions) check(e *env) error {
	switch {
	case !o.to.Given:
		return console.Usage("--to is needed: want %s", record.PositionForms)
	case !o.yes && !o.dryRun && !e.CanAsk():
		return console.UsageHint("--dry-run prints the changes", "no terminal to ask on: add --yes")
	}
	return nil
}

func runCheckpointReset(ctx context.Context, e *env, o *checkpointResetOptions) (err error) {
	if err := o.check(e); err != nil {
		return err
	}
	view := checkpoint.NewView(o.path)
	before, err := view.Load(ctx) // fails for a missing file, before Open would create a lock
	if err != nil {
		return err
	}
	var file *checkpoint.Handle
	if !o.dryRun {
		if file, err = checkpoint.Open(o.path); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Release(context.WithoutCancel(ctx))) }()
		if before, err = file.Load(ctx); err != nil {
			return err
		}
	}
	after, streams, err := o.restart(ctx, e, before)
	if err != nil {
		return err
	}
	diff := report.ResetOf(o.path, before, after, streams)
	if err := report.Print(ctx, e.Console, func(context.Context) (string, error) {
		if o.output == report.JSON {
			return report.JSONLine(diff)
		}
		return diff.Table(report.NewPalette(e.Console)), nil
	}); err != nil {
		return err
	}
	switch {
	case diff.IsEmpty():
		e.Info(o.path + " already has these positions: nothing was changed")
		return nil
	case o.dryRun:
		e.Info("dry run: " + o.path + " was not changed")
		return nil
	case !o.yes:
		if yes, err := e.Ask(ctx, fmt.Sprintf("move %s as shown?", o.path)); err != nil {
			return err
		} else if !yes {
			e.Print("nothing was changed")
			return console.SilentError{Code: console.ExitFailed}
		}
	}
	backup, err := file.Backup()
	if err != nil {
		return err
	}
	if err := file.Save(after, nil); err != nil {
		var failed *checkpoint.SaveError
		if errors.As(err, &failed) {
			failed.Next = "the file was not changed; repair the directory or the disk, then run the command again"
		}
		return err
	}
	e.Info(fmt.Sprintf("%s has the new positions; its old contents are in %s", o.path, backup))
	return nil
}

// restart returns the checkpoint as it will be, and the streams whose positions change.
func (o *checkpointResetOptions) restart(ctx context.Context, e *env, before checkpoint.File) (after checkpoint.File, streams []string, err error) {
	if streams, err = streamsIn(o.path, before, o.streams.List); err != nil {
		return after, nil, err
	}
	oneStream := len(streams) == 1
	switch {
	case len(o.shards.List) > 0 && !oneStream:
		return after, nil, console.UsageHint("name the stream with --stream", "--shard needs one stream, and %s has positions of %s", o.path, strings.Join(streams, ", "))
	case o.to.Kind == record.AtSequenceNumber && !oneStream:
		return after, nil, console.UsageHint("name the stream with --stream", "--to SHARD:SEQUENCE needs one stream, and %s has positions of %s", o.path, strings.Join(streams, ", "))
	}
	client, err := e.kinesis(ctx, regionHints(before, streams)...)
	if err != nil {
		return after, nil, err
	}
	l, err := inspect.NewLagMeter(client, inspect.LagMeterOptions{Streams: streams, InitialPosition: o.to.Position, Info: e.Info, Detail: e.Detail, Log: e.Log})
	if err != nil {
		return after, nil, err
	}
	after, err = l.Restart(ctx, before, o.shards.List)
	return after, streams, err
}
