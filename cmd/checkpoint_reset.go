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
		Long: `Move the positions of a checkpoint file. The next run begins at POSITION, as a
first run would: with a time or an age it skips older records, with trim_horizon
it reads all that is retained. With --shard only the named shards are moved;
their descendants stay where they are, and wait for them again.

kin shows the difference first. Then it asks, on a terminal; elsewhere --yes is
needed. kin keeps a copy of the old file beside it, and prints its name on
stderr. While a run holds the file it is not moved (exit 8).

It needs kinesis:ListShards, and kinesis:DescribeStreamSummary to refuse a
stream that was deleted and created again, and a time that is no longer
retained. A stream of another account is given by its ARN, with --stream.`,
		Example: `  kin checkpoint reset orders.ckpt --to 15m --dry-run
  kin checkpoint reset orders.ckpt --to 2026-11-22T10:00:00Z --yes
  kin checkpoint reset orders.ckpt --to trim_horizon --shard shardId-000000000002 --yes`,
		Args: fileArgument,
		RunE: func(c *cobra.Command, args []string) error {
			o.path = args[0]
			return flags.OptionUsage(c, runCheckpointReset(c.Context(), e, o))
		},
	}
	o.addFlags(c.Flags())
	report.AddFlag(c, &o.output)
	e.connection.AddFlags(c.Flags())
	return c
}

type checkpointResetOptions struct {
	path            string
	to              targetValue
	streams, shards flags.Texts
	yes, dryRun     bool
	output          report.Form
}

func (o *checkpointResetOptions) addFlags(f *pflag.FlagSet) {
	f.Var(&o.to, "to", "where the next run is to begin: "+record.PositionForms)
	f.Var(&o.shards, "shard", "move only this `shard` of the one stream (repeatable)")
	f.Var(&o.streams, "stream", "`streams` of the file to move (default: all)")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask; needed where there is no terminal to ask on")
	f.BoolVar(&o.dryRun, "dry-run", false, "print the difference, and move nothing")
}

// check refuses what cannot be asked for, before anything is looked at.
func (o *checkpointResetOptions) check(e *env) error {
	switch {
	case !o.to.Given:
		return console.Usage("--to is needed: want %s", record.PositionForms)
	case !o.yes && !o.dryRun && !e.CanAsk():
		return console.UsageHint("--dry-run prints what would be moved", "no terminal to ask on: add --yes")
	}
	return nil
}

func runCheckpointReset(ctx context.Context, e *env, o *checkpointResetOptions) (err error) {
	if err := o.check(e); err != nil {
		return err
	}
	view := checkpoint.NewView(o.path)
	was, err := view.Load(ctx) // a file that is not there gets no lock either
	if err != nil {
		return err
	}
	var file *checkpoint.Handle
	if !o.dryRun {
		if file, err = checkpoint.Open(o.path); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Release(context.WithoutCancel(ctx))) }()
		if was, err = file.Load(ctx); err != nil {
			return err
		}
	}
	is, streams, err := o.restart(ctx, e, was)
	if err != nil {
		return err
	}
	diff := report.ResetOf(o.path, was, is, streams)
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
		e.Info(o.path + " is already there: nothing was changed")
		return nil
	case o.dryRun:
		e.Info("dry run: " + o.path + " was not changed")
		return nil
	case !o.yes:
		if yes, err := e.Ask(ctx, fmt.Sprintf("move %s as shown?", o.path)); err != nil {
			return err
		} else if !yes {
			e.Print("nothing was moved")
			return console.SilentError{Code: console.ExitFailed}
		}
	}
	backup, err := file.Backup()
	if err != nil {
		return err
	}
	if err := file.Save(is, nil); err != nil {
		var failed *checkpoint.SaveError
		if errors.As(err, &failed) {
			failed.Next = "the file was not changed; repair the folder or the disk, then run the command again"
		}
		return err
	}
	e.Info(fmt.Sprintf("%s was moved; its old contents are in %s", o.path, backup))
	return nil
}

// restart is the file as it is to be, and the streams of it that are moved.
func (o *checkpointResetOptions) restart(ctx context.Context, e *env, was checkpoint.File) (is checkpoint.File, streams []string, err error) {
	if streams, err = streamsIn(o.path, was, o.streams.List); err != nil {
		return is, nil, err
	}
	one := len(streams) == 1
	switch {
	case len(o.shards.List) > 0 && !one:
		return is, nil, console.UsageHint("name the stream with --stream", "--shard needs one stream, and %s has positions of %s", o.path, strings.Join(streams, ", "))
	case o.to.Kind == record.AtSequenceNumber && !one:
		return is, nil, console.UsageHint("name the stream with --stream", "--to SHARD:SEQUENCE needs one stream, and %s has positions of %s", o.path, strings.Join(streams, ", "))
	}
	client, err := e.kinesis(ctx, regionHints(was, streams)...)
	if err != nil {
		return is, nil, err
	}
	l, err := inspect.NewLooker(client, inspect.LookOptions{Streams: streams, InitialPosition: o.to.Position, Info: e.Info, Detail: e.Detail, Log: e.Log})
	if err != nil {
		return is, nil, err
	}
	is, err = l.Restart(ctx, was, o.shards.List)
	return is, streams, err
}
