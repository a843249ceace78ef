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
		Short: "Remove the temporary consumers of killed runs",
		Long: `Use it after runs with --efo were killed: kill -9 or a second signal leaves a
temporary consumer behind, which AWS bills.

A run without a checkpoint and without --consumer-name registers a temporary
consumer called PREFIXtmp_UUID, and removes it at its end. kin consumers prune
removes those older than --older-than, and no others. It takes their age from
the service's clock.

The service does not report whether a consumer is in use. Set --older-than to
more than the duration of your longest run.

kin prints the consumers first, as kin consumers list does. On a terminal it
then asks. Without a terminal and without --yes it removes nothing, and the exit
code is 0.

It needs kinesis:ListStreamConsumers, the permissions of kin consumers
deregister for the removal, and kinesis:DescribeStreamSummary if STREAM is a
name.`,
		Example: `  # Print the temporary consumers, and ask whether to remove them.
  kin consumers prune orders
  # Remove those older than an hour without a question.
  kin consumers prune orders --older-than 1h --yes
  # Print those with another prefix as JSON.
  kin consumers prune orders --consumer-name-prefix ci_ --dry-run -o json`,
		Args:              consumerArguments(0, 0, ""),
		ValidArgsFunction: e.completeConsumers(0),
		RunE: func(c *cobra.Command, args []string) error {
			o.stream = args[0]
			return runConsumersPrune(c.Context(), e, o)
		},
	}
	o.addFlags(c.Flags())
	flags.AddReport(c, &o.output)
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
	g := flags.GroupMain.In(f)
	g.Var(&o.olderThan, "older-than", flags.Help{
		Short: "remove those older than this",
		Full:  "Remove only consumers that were registered longer ago than this.",
	})
	g.Var(&o.prefix, "consumer-name-prefix", flags.Help{
		Short: "start of consumers' names", Value: "text",
		Full: "Remove only consumers whose names start with this, followed by tmp_.",
	})
	g.Bool(&o.yes, "yes", flags.Help{
		Short: "do not ask before removing", Letter: "y",
		Full: "Do not ask before removing. Without a terminal it is required for a removal.",
	})
	g.Bool(&o.dryRun, "dry-run", flags.Help{
		Short: "print what would be removed; remove nothing",
		Full:  "Print the consumers that would be removed, and remove none. kin does not ask, even on a terminal.",
	})
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
		e.Info(stream.Name + " has " + o.describe(len(found)) + consumers.BilledIfAny(found))
		if n := len(efo.Undated(l.Consumers, string(o.prefix))); n > 0 && o.olderThan > 0 {
			e.Info(fmt.Sprintf("the service returned no registration time for %s, so kin skips them; --older-than 0s removes them too", words.Count(int64(n), "further temporary consumer")))
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

// describe returns text about n consumers that match the flags.
func (o *consumersPruneOptions) describe(n int) string {
	number := "no temporary consumers"
	if n > 0 {
		number = words.Count(int64(n), "temporary consumer")
	}
	text := fmt.Sprintf("%s (%stmp_…)", number, o.prefix)
	if o.olderThan > 0 {
		text += " older than " + o.olderThan.String()
	}
	return text
}
