package cmd

import (
	"github.com/spf13/cobra"

	"kin/cmd/internal/console"
)

func newConsumers(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "consumers",
		Short: "List, register and remove enhanced fan-out consumers",
		Long: `Use it to see which stream consumers a stream has, and to remove those that
nobody needs. A stream consumer has 2 MB a second of each shard to itself.

AWS bills a consumer from its registration until it is deregistered, whether
anything reads with it or not. A stream has room for 20 consumers, or 50 in the
On-demand Advantage mode.

STREAM is a name or an ARN. NAME is a consumer's full name, with its prefix.`,
		Example: `  # List the consumers of a stream.
  kin consumers list orders
  # Register one and wait until it is ACTIVE.
  kin consumers register orders kin_billing
  # Remove it without a question.
  kin consumers deregister orders kin_billing --yes`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			if near := c.SuggestionsFor(args[0]); len(near) > 0 {
				return console.UsageHint("did you mean \""+c.CommandPath()+" "+near[0]+"\"?", "unknown command %q of %s", args[0], c.CommandPath())
			}
			return console.UsageHint("kin help consumers lists them", "unknown command %q of %s", args[0], c.CommandPath())
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.SuggestionsMinimumDistance = 2
	c.AddCommand(
		newConsumersList(e),
		newConsumersDescribe(e),
		newConsumersRegister(e),
		newConsumersDeregister(e),
		newConsumersPrune(e),
	)
	return c
}
