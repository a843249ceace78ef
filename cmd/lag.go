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
		Use:   "lag [STREAM...]",
		Short: "Print how far a checkpoint or a position is behind",
		Long: `Use it to monitor a kin read with a checkpoint, even while it runs, or to see
how much there is to read from a position. It changes nothing and takes no lock.

With --checkpoint, kin measures all streams of the file unless STREAM names
some.

A shard's lag is the age of its oldest unread record. A shard without unread
records has no lag. A shard that was read to its end has none either. A child
that waits for its parent counts its own unread records. The maximum, average
and minimum of a stream do not count shards that were read to their end.
LAST_READ is the age of the last record that was read.

Each measurement costs one GetRecords call for each shard, which counts towards
the limits that all readers of the shard share.

If one of several streams fails, kin still prints the others. It reports the
error, which decides the exit code.`,
		Example: `  # Measure a checkpoint once.
  kin lag --checkpoint orders.ckpt
  # Watch it every two seconds.
  kin lag --checkpoint orders.ckpt --watch 2s
  # Exit with 7 if a shard is more than a minute behind.
  kin lag --checkpoint orders.ckpt --max 60s -o json`,
		Args:              func(*cobra.Command, []string) error { return nil }, // with --checkpoint none is needed
		ValidArgsFunction: e.completeStreams,
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.complete(e, c, args); err != nil {
				return err
			}
			return flags.OptionUsage(c, asFromError(runLag(c.Context(), e, o)))
		},
	}
	o.addFlags(c)
	e.connection.AddFlags(c.Flags())
	return c
}

func runLag(ctx context.Context, e *env, o *lagOptions) error {
	if o.watch.Duration != 0 {
		return watchLag(ctx, e, o)
	}
	l, err := o.meter(ctx, e, e.Info)
	if err != nil {
		return err
	}
	var measured inspect.LagReport
	if err := report.Print(ctx, e.Console, func(ctx context.Context) (string, error) {
		if measured, err = l.Measure(ctx); err != nil {
			return "", err
		}
		return o.report(report.NewPalette(e.Console), measured)
	}); err != nil {
		return err
	}
	return o.result(ctx, e, measured)
}
