package cmd

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"kin/cmd/internal/consumers"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/report"
	"kin/efo"
)

func newConsumersDescribe(e *env) *cobra.Command {
	o := &consumersDescribeOptions{}
	c := &cobra.Command{
		Use:   "describe STREAM NAME|ARN",
		Short: "Print one consumer of a stream",
		Long: `Use it to see the status of a stream consumer, or to test whether it exists. The
exit code is 3 if it does not.

kin finds the consumer by its full name or its ARN. It prints the status, the
time of the registration, its ARN and the stream's.

It needs kinesis:DescribeStreamConsumer, and kinesis:DescribeStreamSummary if
STREAM is a name.`,
		Example: `  # Print a consumer.
  kin consumers describe orders kin_billing
  # Print its status alone.
  kin consumers describe orders kin_billing -o json | jq -r .consumerStatus
  # Print it as one JSON object.
  kin consumers describe orders kin_billing -o json`,
		Args:              consumerArguments(1, 1, "kin_billing"),
		ValidArgsFunction: e.completeConsumers(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.stream, o.id = args[0], args[1]
			return runConsumersDescribe(c.Context(), e, o)
		},
	}
	flags.AddReport(c, &o.output)
	e.connection.AddFlags(c.Flags())
	return c
}

type consumersDescribeOptions struct {
	stream, id string
	output     report.Form
}

func runConsumersDescribe(ctx context.Context, e *env, o *consumersDescribeOptions) error {
	return report.Print(ctx, e.Console, func(ctx context.Context) (string, error) {
		stream, err := e.consumers(ctx, o.stream, 0, o.id)
		if err != nil {
			return "", err
		}
		one, err := stream.Describe(ctx, efo.ID(o.id))
		var notFound *efo.NotFoundError
		if errors.As(err, &notFound) {
			hint, noStream := stream.Missing(ctx, o.id)
			if noStream != nil {
				return "", noStream
			}
			return "", &consumers.MissingError{Err: notFound, Advice: hint}
		} else if err != nil {
			return "", err
		}
		e.Info(consumers.Billed)
		return stream.Detail(o.output, one)
	})
}
