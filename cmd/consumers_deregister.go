package cmd

import (
	"context"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/consumers"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/report"
	"kin/internal/words"
)

func newConsumersDeregister(e *env) *cobra.Command {
	o := &consumersDeregisterOptions{}
	c := &cobra.Command{
		Use:   "deregister STREAM NAME|ARN...",
		Short: "Remove consumers of a stream",
		Long: `Use it when nothing needs a stream consumer any more, so that AWS stops billing
it. Every reader that uses it loses its subscriptions.

kin removes consumers by their full names or ARNs, and waits until they are
gone. On a terminal it asks first; elsewhere it needs --yes.

If a consumer is CREATING, kin waits before it removes it. If a consumer does
not exist, kin reports that; the exit code stays 0. If one cannot be removed,
kin still removes the others, and the exit code is 1.

It needs kinesis:DescribeStreamConsumer and kinesis:DeregisterStreamConsumer,
and kinesis:DescribeStreamSummary if STREAM is a name.`,
		Example: `  # Print what would be removed.
  kin consumers deregister orders kin_billing --dry-run
  # Remove a consumer, after a question.
  kin consumers deregister orders kin_billing
  # Remove two without a question.
  kin consumers deregister orders kin_billing kin_audit --yes`,
		Args:              consumerArguments(1, anyNumber, "kin_billing"),
		ValidArgsFunction: e.completeConsumers(anyNumber),
		RunE: func(c *cobra.Command, args []string) error {
			o.stream = args[0]
			for _, id := range args[1:] {
				if !slices.Contains(o.ids, id) {
					o.ids = append(o.ids, id)
				}
			}
			return runConsumersDeregister(c.Context(), e, o)
		},
	}
	o.addFlags(c.Flags())
	e.connection.AddFlags(c.Flags())
	return c
}

type consumersDeregisterOptions struct {
	stream      string
	ids         []string
	yes, dryRun bool
}

func (o *consumersDeregisterOptions) addFlags(f *pflag.FlagSet) {
	g := flags.GroupMain.In(f)
	g.Bool(&o.yes, "yes", flags.Help{
		Short: "do not ask before removing", Letter: "y",
		Full: "Do not ask before removing. Without a terminal it is required.",
	})
	g.Bool(&o.dryRun, "dry-run", flags.Help{
		Short: "print what would be removed; remove nothing",
		Full:  "Print the consumers that would be removed, and remove none.",
	})
}

func runConsumersDeregister(ctx context.Context, e *env, o *consumersDeregisterOptions) error {
	if !o.yes && !o.dryRun && !e.CanAsk() {
		return console.UsageHint("--dry-run prints what would be removed", "no terminal to ask on: add --yes")
	}
	stream, err := e.consumers(ctx, o.stream, 0, o.ids...)
	if err != nil {
		return err
	}
	switch {
	case o.dryRun:
		return report.Print(ctx, e.Console, func(ctx context.Context) (string, error) {
			there, err := stream.Registered(ctx, o.ids)
			if err != nil {
				return "", err
			}
			e.Info(words.Count(int64(len(there)), "consumer") + " would be removed" + consumers.BilledIfAny(there))
			return stream.Table(report.Table, there)
		})
	case o.yes:
		return stream.Remove(ctx, o.ids)
	}
	there, err := stream.Registered(ctx, o.ids)
	if err != nil || len(there) == 0 {
		return err
	}
	if err := stream.Confirm(ctx, there, false); err != nil {
		return err
	}
	return stream.Remove(ctx, consumers.ARNs(there))
}
