package cmd

import (
	"context"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/consumers"
	"kin/cmd/internal/report"
	"kin/internal/words"
)

func newConsumersDeregister(e *env) *cobra.Command {
	o := &consumersDeregisterOptions{}
	c := &cobra.Command{
		Use:   "deregister STREAM NAME|ARN...",
		Short: "Remove consumers of a stream",
		Long: `Remove stream consumers, by their full names or their ARNs, and wait until they
are gone. What reads with them is cut off. On a terminal kin asks first;
elsewhere --yes is needed. --dry-run prints those that would be removed.

One that is CREATING is waited for, since only then it can be removed. One that
is not there is said and is no failure. When one cannot be removed the others
still are, and the exit code is 1.

It needs kinesis:DescribeStreamConsumer and kinesis:DeregisterStreamConsumer,
and kinesis:DescribeStreamSummary when STREAM is a name.`,
		Example: `  kin consumers deregister orders kin_billing
  kin consumers deregister orders kin_billing kin_audit --yes
  kin consumers deregister orders kin_billing --dry-run`,
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
	f.SortFlags = false
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask; needed where there is no terminal to ask on")
	f.BoolVar(&o.dryRun, "dry-run", false, "print the consumers that would be removed, and remove none")
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
