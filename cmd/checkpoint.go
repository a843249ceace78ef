package cmd

import (
	"github.com/spf13/cobra"

	"kin/cmd/internal/console"
)

func newCheckpoint(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "checkpoint",
		Short: "Print and verify checkpoint files, and move their positions",
		Long: `Use it to see how far a kin read --checkpoint has come, to test whether a run
can resume, or to start it from another position.

A checkpoint is one JSON file. For each stream it has the position where the
first run started, and for each shard the position up to which its records were
written.`,
		Example: `  # Print the positions.
  kin checkpoint show orders.ckpt
  # Compare them with the live streams.
  kin checkpoint verify orders.ckpt
  # Print what a move to 15 minutes ago would change.
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
