package cmd

import (
	"github.com/spf13/cobra"

	"kin/cmd/internal/console"
)

func newCheckpoint(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "checkpoint",
		Short: "Look at a checkpoint file, verify it, move it",
		Long: `Look at the checkpoint file of a kin read, compare it with its streams,
or move it to another position.

A checkpoint is one JSON file: for each stream where the first run began, and
for each shard up to where its records were written.`,
		Example: `  kin checkpoint show orders.ckpt
  kin checkpoint verify orders.ckpt
  kin checkpoint reset orders.ckpt --to 15m --dry-run`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			if near := c.SuggestionsFor(args[0]); len(near) > 0 {
				return console.UsageHint("did you mean \""+c.CommandPath()+" "+near[0]+"\"?", "unknown command %q of %s", args[0], c.CommandPath())
			}
			return console.UsageHint("kin help checkpoint lists them", "unknown command %q of %s", args[0], c.CommandPath())
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.SuggestionsMinimumDistance = 2
	c.AddCommand(newCheckpointShow(e), newCheckpointVerify(e), newCheckpointReset(e))
	return c
}
