package cmd

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/consumers"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/report"
	"kin/efo"
	"kin/internal/words"
)

func newConsumersPrune(e *env) *cobra.Command {
	o := &consumersPruneOptions{olderThan: flags.Duration(24 * time.Hour), prefix: "kin_"}
	c := &cobra.Command{
		Use:   "prune STREAM",
		Short: "Remove what killed runs have left behind",
		Long: `Remove ephemeral consumers: those that a run without a checkpoint registers for
itself and removes on its way out, unless kill -9 or a second signal ends it.
They are called PREFIXtmp_UUID; kin touches no other consumer. Their age is by
the service's clock.

The service does not say whether a consumer is being read with: let --older-than
be longer than your longest run.

kin prints them first, as kin consumers list does. Then it asks, on a terminal;
elsewhere --yes is needed.

It needs kinesis:ListStreamConsumers, for the removal what kin consumers
deregister needs, and kinesis:DescribeStreamSummary when STREAM is a name.`,
		Example: `  kin consumers prune orders
  kin consumers prune orders --older-than 1h --yes
  kin consumers prune orders --consumer-name-prefix ci_ -o json`,
		Args:              consumerArguments(0, 0, ""),
		ValidArgsFunction: e.completeConsumers(0),
		RunE: func(c *cobra.Command, args []string) error {
			o.stream = args[0]
			return runConsumersPrune(c.Context(), e, o)
		},
	}
	o.addFlags(c.Flags())
	report.AddFlag(c, &o.output)
	e.connection.AddFlags(c.Flags())
	return c
}

type consumersPruneOptions struct {
	stream      string
	olderThan   flags.Duration
	prefix      flags.ConsumerPrefix
	yes, dryRun bool
	output      report.Form
}

func (o *consumersPruneOptions) addFlags(f *pflag.FlagSet) {
	f.Var(&o.olderThan, "older-than", "only those that were registered longer ago than this")
	f.Var(&o.prefix, "consumer-name-prefix", "what their names begin with, in front of tmp_")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask; needed where there is no terminal to ask on")
	f.BoolVar(&o.dryRun, "dry-run", false, "print them only, also on a terminal")
}

func runConsumersPrune(ctx context.Context, e *env, o *consumersPruneOptions) error {
	stream, err := e.consumers(ctx, o.stream, 0)
	if err != nil {
		return err
	}
	var found []efo.Consumer
	if err := report.Print(ctx, e.Console, func(ctx context.Context) (string, error) {
		l, err := stream.List(ctx)
		if err != nil {
			return "", err
		}
		found = efo.Prunable(l.Consumers, string(o.prefix), time.Duration(o.olderThan), l.At)
		e.Info(stream.Name + " has " + o.which(len(found)) + consumers.BilledIfAny(found))
		if n := len(efo.Undated(l.Consumers, string(o.prefix))); n > 0 && o.olderThan > 0 {
			e.Info(fmt.Sprintf("the service gave no registration time of %s: kin does not remove them without --older-than 0s", words.Count(int64(n), "further ephemeral consumer")))
		}
		return stream.Table(o.output, found)
	}); err != nil || len(found) == 0 || o.dryRun {
		return err
	}
	if !o.yes {
		if !e.CanAsk() {
			e.Info("nothing was removed: no terminal to ask on; add --yes")
			return nil
		}
		if err := stream.Confirm(ctx, found, console.IsTerminal(e.Out)); err != nil {
			return err
		}
	}
	return stream.Remove(ctx, consumers.ARNs(found))
}

// which says how many consumers there are of those that were looked for.
func (o *consumersPruneOptions) which(n int) string {
	number := "no ephemeral consumers"
	if n > 0 {
		number = words.Count(int64(n), "ephemeral consumer")
	}
	text := fmt.Sprintf("%s (%stmp_…)", number, o.prefix)
	if o.olderThan > 0 {
		text += " older than " + o.olderThan.String()
	}
	return text
}
