package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"kin/cmd/internal/consumers"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/report"
)

func newConsumersList(e *env) *cobra.Command {
	o := &consumersListOptions{}
	c := &cobra.Command{
		Use:   "list STREAM",
		Short: "List the consumers of a stream",
		Long: `Use it to see which stream consumers are registered, and billed.

kin prints the consumers sorted by name: a table, or with -o json one JSON
object that has their ARNs, too.

It needs kinesis:ListStreamConsumers, and kinesis:DescribeStreamSummary if
STREAM is a name.`,
		Example: `  # List the consumers of a stream.
  kin consumers list orders
  # Print their ARNs.
  kin consumers list orders -o json | jq -r '.consumers[].consumerARN'
  # List those of a stream in another region.
  kin consumers list orders --region eu-west-1`,
		Args:              consumerArguments(0, 0, ""),
		ValidArgsFunction: e.completeConsumers(0),
		RunE: func(c *cobra.Command, args []string) error {
			o.stream = args[0]
			return runConsumersList(c.Context(), e, o)
		},
	}
	flags.AddReport(c, &o.output)
	e.connection.AddFlags(c.Flags())
	return c
}

type consumersListOptions struct {
	stream string
	output report.Form
}

func runConsumersList(ctx context.Context, e *env, o *consumersListOptions) error {
	return report.Print(ctx, e.Console, func(ctx context.Context) (string, error) {
		stream, err := e.consumers(ctx, o.stream, 0)
		if err != nil {
			return "", err
		}
		l, err := stream.List(ctx)
		if err != nil {
			return "", err
		}
		if len(l.Consumers) == 0 {
			e.Info(stream.Name + " has no consumers")
		} else {
			e.Info(consumers.Billed)
		}
		return stream.Table(o.output, l.Consumers)
	})
}
