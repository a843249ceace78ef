package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"kin/cmd/internal/flags"
	"kin/cmd/internal/report"
	"kin/internal/checkpoint"
)

func newCheckpointShow(e *env) *cobra.Command {
	o := &checkpointShowOptions{}
	c := &cobra.Command{
		Use:   "show FILE",
		Short: "Print the positions of a checkpoint file",
		Long: `Use it to see how far a run has come. It calls no service, and takes no lock: it
works while a run uses the file.

kin prints a table, or with -o json one JSON object that has everything.
READ_THROUGH is a time of the service: all records of the shard that arrived up
to then were read. The table shows only the last digits of a sequence number.`,
		Example: `  # Print a table.
  kin checkpoint show orders.ckpt
  # Print everything as JSON.
  kin checkpoint show orders.ckpt -o json
  # Print the position of each shard.
  kin checkpoint show orders.ckpt -o json | jq '.streams[].shards[].position'`,
		Args: fileArgument,
		RunE: func(c *cobra.Command, args []string) error {
			if err := refuseConnectionFlags(c); err != nil {
				return err
			}
			o.path = args[0]
			return runCheckpointShow(c.Context(), e, o)
		},
	}
	c.Annotations = map[string]string{flags.Refused: "profile,region,endpoint"}
	flags.AddReport(c, &o.output)
	return c
}

type checkpointShowOptions struct {
	path   string
	output report.Form
}

func runCheckpointShow(ctx context.Context, e *env, o *checkpointShowOptions) error {
	return report.Print(ctx, e.Console, func(ctx context.Context) (string, error) {
		f, err := checkpoint.NewView(o.path).Load(ctx)
		if err != nil {
			return "", err
		}
		r := report.CheckpointOf(o.path, f)
		if o.output == report.JSON {
			return report.JSONLine(r)
		}
		return r.Table(report.NewPalette(e.Console)), nil
	})
}
