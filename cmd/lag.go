package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"kin/cmd/internal/flags"
	"kin/cmd/internal/report"
	"kin/inspect"
)

func newLag(e *env) *cobra.Command {
	o := &lagOptions{checkpoint: flags.Text{Kind: "the name of a file"}}
	c := &cobra.Command{
		Use:   "lag STREAM...",
		Short: "Tell how far a checkpoint or a position is behind",
		Long: `Tell how far each shard is behind, for the checkpoint of a kin read, which may be
running, or for a position in the streams. With --checkpoint, STREAM may be left
out: then it is all streams of the file.

A shard's lag is the age of its oldest unread record. A quiet shard has none, and
neither has one that is done. A child that waits for its parent counts its own
unread records. The three figures of a stream leave out shards that are done.

Each look costs one GetRecords a shard, within the limits that all its readers
share. It takes no lock and changes nothing. LAST_READ is the age of the last
record that was read.

Of several streams, one that fails does not hide the others: its error is reported,
and decides the exit code.`,
		Example: `  kin lag orders --checkpoint orders.ckpt
  kin lag orders --checkpoint orders.ckpt --watch 2s
  kin lag orders --checkpoint orders.ckpt --max 60s -o json
  kin lag orders payments --from 15m -o prometheus`,
		Args:              func(*cobra.Command, []string) error { return nil }, // with --checkpoint none is needed
		ValidArgsFunction: e.completeStreams,
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.parsed(e, c, args); err != nil {
				return err
			}
			return flags.OptionUsage(c, aboutFrom(runLag(c.Context(), e, o)))
		},
	}
	o.addFlags(c.Flags())
	e.connection.AddFlags(c.Flags())
	forms := cobra.FixedCompletions([]string{string(report.LagTable), string(report.LagJSON), string(report.LagPrometheus)}, cobra.ShellCompDirectiveNoFileComp)
	if err := c.RegisterFlagCompletionFunc("output", forms); err != nil {
		panic(err) // a flag that was not added above
	}
	return c
}

func runLag(ctx context.Context, e *env, o *lagOptions) error {
	if o.watch.Duration != 0 {
		return watchLag(ctx, e, o)
	}
	l, err := o.looker(ctx, e, e.Info)
	if err != nil {
		return err
	}
	var look inspect.Look
	if err := report.Print(ctx, e.Console, func(ctx context.Context) (string, error) {
		if look, err = l.Look(ctx); err != nil {
			return "", err
		}
		return o.report(report.NewPalette(e.Console), look)
	}); err != nil {
		return err
	}
	return o.verdict(ctx, e, look)
}
