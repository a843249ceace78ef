package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"kin/cmd/internal/report"
	"kin/cmd/internal/settings"
	"kin/internal/checkpoint"
)

func newCheckpointShow(e *env) *cobra.Command {
	o := &checkpointShowOptions{}
	c := &cobra.Command{
		Use:   "show FILE",
		Short: "Print what a checkpoint file says",
		Long: `Print the positions of a checkpoint file: a table, or with -o json one JSON
object that has everything.

READ_THROUGH is the service's time up to which everything in a shard was read;
in the table, sequence numbers show their last digits. The file is read without
a lock, so this works while a run holds it. It calls no service.`,
		Example: `  kin checkpoint show orders.ckpt
  kin checkpoint show orders.ckpt -o json | jq -r '.streams[].shards[].position.sequenceNumber'
  kin checkpoint show /var/lib/kin/orders.ckpt`,
		Args: fileArgument,
		RunE: func(c *cobra.Command, args []string) error {
			if err := refuseConnection(c); err != nil {
				return err
			}
			o.path = args[0]
			return runCheckpointShow(c.Context(), e, o)
		},
	}
	c.Annotations = map[string]string{settings.RefusedAnnotation: "profile,region,endpoint"}
	report.AddFlag(c, &o.output)
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
