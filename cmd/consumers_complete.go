package cmd

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"kin/efo"
	"kin/survey"
)

// completeFor bounds what a shell waits for.
const completeFor = 2 * time.Second

// completeConsumers completes a stream's name, and behind it the names of up to
// most of its consumers. What cannot be had in time is not offered.
func (e *env) completeConsumers(most int) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if most != anyNumber && len(args) > most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		parent := c.Context()
		if parent == nil || e.origins.Apply(c) != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(parent, completeFor)
		defer cancel()
		if len(args) == 0 {
			client, err := e.kinesis(ctx)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			streams, err := survey.StreamNames(ctx, client)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return streams, cobra.ShellCompDirectiveNoFileComp
		}
		return e.consumerNames(ctx, args[0]), cobra.ShellCompDirectiveNoFileComp
	}
}

// consumerNames are the names of a stream's consumers, none if they cannot be
// had.
func (e *env) consumerNames(ctx context.Context, stream string) []string {
	consumers, err := e.consumers(ctx, stream, 0)
	if err != nil {
		return nil
	}
	l, err := consumers.List(ctx)
	if err != nil {
		return nil
	}
	return completions(l.Consumers)
}

func completions(consumers []efo.Consumer) []string {
	var list []string
	for _, c := range consumers {
		list = append(list, cobra.CompletionWithDesc(c.Name, string(c.Status)))
	}
	return list
}
