package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"kin/cmd/internal/flags"
	"kin/cmd/internal/manual"
	"kin/format"
)

func newRead(e *env) *cobra.Command {
	o := defaultReadOptions()
	c := &cobra.Command{
		Use:   "read STREAM...",
		Short: "Read records as JSON lines, from a checkpoint or a position",
		Long: `Use it in pipelines, scripts and jobs: to replay a stream, to export it, or to
process it continuously. To watch a stream on a terminal, use kin tail.

STREAM is a name or an ARN. Separate several with spaces or commas. A run starts
at --from, and continues until it is stopped or reaches a bound.

With --checkpoint FILE a run resumes where the last run with that file stopped.
kin saves the position after a batch was written, never before. Each record is
printed at least once, and a run that was killed repeats at most one batch.

With --exec a command gets each batch on its stdin, in place of stdout. The
batch is committed when the command exits with 0.

With --efo kin reads through a stream consumer, which AWS bills. kin removes it
at the end unless it has a name or the run has a checkpoint.

kin keeps the order of records within a shard and from a shard to its children.
It keeps no order between unrelated shards.

` + streamHelp,
		Example: `  # Print everything that is in the stream now, oldest first in each shard.
  kin read orders --from trim_horizon --available-now
  # Resume where the last run with this checkpoint stopped.
  kin read orders --checkpoint orders.ckpt >> orders.jsonl
  # Print the payloads of 100 records, starting 15 minutes ago.
  kin read orders --from 15m --limit 100 | jq .data`,
		Args: streamArguments,
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.complete(e, c.Flags(), args); err != nil {
				return err
			}
			return flags.OptionUsage(c, runRead(c.Context(), e, o))
		},
	}
	o.addFlags(c.Flags())
	e.connection.AddFlags(c.Flags())
	flags.GroupOutput.In(c.Flags()).Var(&o.exec, "exec", flags.Help{
		Short: "run a command for each batch, with its records on stdin", Value: "command",
		Full: "Run this command for each batch, with its records on stdin, in place of printing them. Exit code 0 commits the batch. Anything else ends the run with exit code 1.",
	})
	manual.SetCommon(c, "from", "checkpoint", "available-now", "to", "limit", "timeout", "shard", "data", "exec", "efo")
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
