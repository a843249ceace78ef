package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"kin/cmd/internal/flags"
	"kin/format"
)

func newRead(e *env) *cobra.Command {
	o := defaultReadOptions()
	c := &cobra.Command{
		Use:   "read STREAM...",
		Short: "Read records as JSON lines, from a checkpoint or a position",
		Long: `Read records of one or more streams and print them as JSON lines.

STREAM is a name or an ARN; several are separated by spaces or commas. Without
a checkpoint the run begins at --initial-position and goes on until it is
stopped. With --checkpoint FILE it goes on where the last run with that file
stood, and moves the checkpoint behind every batch that was written: a record
is printed at least once, and a run that was killed repeats at most one batch.
--exec takes the place of stdout: a batch is committed when the command that
got it exits with 0. --efo reads through a stream consumer, which is billed: it
is removed at the end unless it has a name or a checkpoint.

Order is kept within a shard and from a shard to its children, never between
unrelated shards.

` + streamHelp,
		Example: `  kin read orders --from trim_horizon --available-now
  kin read orders --checkpoint orders.ckpt >> orders.jsonl
  kin read orders --from 15m --limit 100 | jq .data
  kin read orders --checkpoint orders.ckpt --exec 'gzip >> orders.jsonl.gz'
  kin read orders --efo --from trim_horizon --available-now`,
		Args: streamArguments,
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.parsed(e, c.Flags(), args); err != nil {
				return err
			}
			return flags.OptionUsage(c, runRead(c.Context(), e, o))
		},
	}
	o.addFlags(c.Flags())
	e.connection.AddFlags(c.Flags())
	c.Flags().Var(&o.exec, "exec", "run `command` for each batch, with its records on stdin; 0 commits the batch, anything else ends the run (exit 1)")
	return c
}

func runRead(ctx context.Context, e *env, o *readOptions) error {
	ro, err := o.reader()
	if err != nil {
		return err
	}
	ro.Encode = format.JSON{Data: o.data}.Append
	return readAndWrite(ctx, e, o, ro)
}
