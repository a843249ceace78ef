package cmd

import (
	"context"
	"slices"
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
	registered, err := e.consumers(ctx, stream, 0)
	if err != nil {
		return nil
	}
	l, err := registered.List(ctx)
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

// completeStreams completes names of streams, each once.
func (e *env) completeStreams(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	all, directive := e.completeConsumers(0)(c, nil, typed)
	var left []string
	for _, name := range all {
		if !slices.Contains(splitStreams(args), name) {
			left = append(left, name)
		}
	}
	return left, directive
}
