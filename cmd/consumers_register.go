package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/consumers"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/report"
	"kin/efo"
	"kin/internal/record"
)

func newConsumersRegister(e *env) *cobra.Command {
	o := &consumersRegisterOptions{timeout: flags.Span{Duration: flags.Duration(efo.DefaultTimeout)}}
	c := &cobra.Command{
		Use:   "register STREAM NAME",
		Short: "Register a consumer and print its ARN",
		Long: `Use it to prepare a stream consumer for a reader that uses it by name or ARN,
such as kin read --registered-consumer-id.

kin registers the consumer, waits until it is ACTIVE, and prints its ARN. NAME
is the full name: up to 128 letters, digits and _.-

If a consumer of that name exists, kin prints its ARN, and the exit code is 0.
kin waits for one that is CREATING. It waits until one that is DELETING is gone,
and registers it again. If the stream has no room for another consumer, kin
lists the existing ones.

AWS bills the consumer until it is deregistered, even if this command was
stopped while it waited.

It needs kinesis:DescribeStreamConsumer and kinesis:RegisterStreamConsumer, and
kinesis:DescribeStreamSummary if STREAM is a name.`,
		Example: `  # Register a consumer.
  kin consumers register orders kin_billing
  # Keep its ARN in a variable.
  arn=$(kin consumers register orders kin_billing -q)
  # Wait longer for a busy stream.
  kin consumers register orders kin_billing --register-consumer-timeout 10m`,
		Args:              consumerArguments(1, 1, "kin_billing"),
		ValidArgsFunction: e.completeConsumers(0),
		RunE: func(c *cobra.Command, args []string) error {
			o.stream, o.name = args[0], args[1]
			return runConsumersRegister(c.Context(), e, o)
		},
	}
	o.addFlags(c.Flags())
	e.connection.AddFlags(c.Flags())
	return c
}

type consumersRegisterOptions struct {
	stream, name string
	timeout      flags.Span
}

func (o *consumersRegisterOptions) addFlags(f *pflag.FlagSet) {
	flags.GroupMain.In(f).Var(&o.timeout, "register-consumer-timeout", flags.Help{
		Short: "wait for an ACTIVE consumer",
		Full:  "Wait at most this long for the consumer to become ACTIVE.",
	})
}

func runConsumersRegister(ctx context.Context, e *env, o *consumersRegisterOptions) error {
	var bad *record.OptionError
	if err := efo.CheckName(o.name); errors.As(err, &bad) {
		return console.Usage("%s", bad)
	}
	return report.Print(ctx, e.Console, func(ctx context.Context) (string, error) {
		stream, err := e.consumers(ctx, o.stream, time.Duration(o.timeout.Duration))
		if err != nil {
			return "", err
		}
		billingNote := fmt.Sprintf("%s\nremove it with: %s", consumers.Billed, stream.Commands.Command("deregister", o.name))
		g, err := stream.Register(ctx, o.name)
		if err != nil {
			if g.Registered {
				e.Info(fmt.Sprintf("consumer %s may have been registered\n%s", o.name, billingNote))
			}
			return "", err
		}
		if g.Registered {
			e.Info(billingNote)
		} else {
			e.Info(fmt.Sprintf("consumer %s was registered already\n%s", o.name, billingNote))
		}
		return g.Consumer.ARN + "\n", nil
	})
}
