package cmd

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"kin/cmd/internal/consumers"
	"kin/cmd/internal/report"
	"kin/efo"
)

func newConsumersDescribe(e *env) *cobra.Command {
	o := &consumersDescribeOptions{}
	c := &cobra.Command{
		Use:   "describe STREAM NAME|ARN",
		Short: "Show one consumer of a stream",
		Long: `Show one stream consumer, by its full name or its ARN: its status, when it was
registered, its ARN and its stream's. The exit code is 3 if there is none.

It needs kinesis:DescribeStreamConsumer, and kinesis:DescribeStreamSummary when
STREAM is a name.`,
		Example: `  kin consumers describe orders kin_billing
  kin consumers describe orders kin_billing -o json | jq -r .consumerStatus
  kin consumers describe orders arn:aws:kinesis:us-east-1:123456789012:stream/orders/consumer/kin_billing:1732406400`,
		Args:              consumerArguments(1, 1, "kin_billing"),
		ValidArgsFunction: e.completeConsumers(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.stream, o.id = args[0], args[1]
			return runConsumersDescribe(c.Context(), e, o)
		},
	}
	report.AddFlag(c, &o.output)
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
