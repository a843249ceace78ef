package cmd

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"kin/cmd/internal/flags"
	"kin/efo"
	"kin/survey"
)

// completionTimeout limits how long a shell waits for completions.
const completionTimeout = 2 * time.Second

// completeConsumers completes the name of a stream, and then the names of up to maxCount
// consumers. It offers nothing if the service does not return the names in time.
func (e *env) completeConsumers(maxCount int) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if maxCount != anyNumber && len(args) > maxCount {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		parent := c.Context()
		if parent == nil || e.origins.Apply(c) != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(parent, completionTimeout)
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

// consumerNames returns completions for a stream's consumers. It returns none if they
// cannot be listed.
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

// completeStreams completes names of streams that are not among args yet.
func (e *env) completeStreams(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	all, directive := e.completeConsumers(0)(c, nil, typed)
	var remaining []string
	for _, name := range all {
		if !slices.Contains(splitStreams(args), name) {
			remaining = append(remaining, name)
		}
	}
	return remaining, directive
}

// completionHow describes how each shell loads its completions.
var completionHow = map[string]string{
	"bash": `It needs the package bash-completion. Open a new shell afterwards.`,
	"zsh": `If completion is off in your shell, turn it on once:

  echo "autoload -U compinit; compinit" >> ~/.zshrc

Open a new shell afterwards.`,
	"fish":       `Open a new shell afterwards.`,
	"powershell": `Add the second example to your profile to load them in every session.`,
}

// completionExamples are command lines that load the completions of a shell.
var completionExamples = map[string]string{
	"bash": `  # Load the completions into this shell.
  source <(kin completion bash)
  # Load them into every new shell, on Linux.
  kin completion bash > /etc/bash_completion.d/kin
  # Load them into every new shell, on macOS with Homebrew.
  kin completion bash > "$(brew --prefix)/etc/bash_completion.d/kin"`,
	"zsh": `  # Load the completions into this shell.
  source <(kin completion zsh)
  # Load them into every new shell, on Linux.
  kin completion zsh > "${fpath[1]}/_kin"
  # Load them into every new shell, on macOS with Homebrew.
  kin completion zsh > "$(brew --prefix)/share/zsh/site-functions/_kin"`,
	"fish": `  # Load the completions into this shell.
  kin completion fish | source
  # Load them into every new shell.
  kin completion fish > ~/.config/fish/completions/kin.fish`,
	"powershell": `  # Print the completions.
  kin completion powershell
  # Load them into this session.
  kin completion powershell | Out-String | Invoke-Expression`,
}

// addCompletion adds cobra's commands that print shell completions, with kin's texts.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	c, _, err := root.Find([]string{"completion"})
	if err != nil {
		panic(err) // InitDefaultCompletionCmd has just added it
	}
	c.Short = "Print completions for a shell"
	c.Long = "Use it to complete commands, flags, and names of streams and consumers with the\nTab key. The help of each shell's command says how to load its completions."
	c.Example = "  # Load the completions into this bash.\n  source <(kin completion bash)\n  # Print how to load them into every new shell.\n  kin completion zsh --help"
	c.Args = noArguments // without it cobra prints the help for an unknown shell
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	for _, shell := range c.Commands() {
		name := shell.Name()
		shell.Short = "Print completions for " + name
		shell.Long = "Use it to complete commands, flags and names with the Tab key in " + name + ".\n\n" + completionHow[name]
		shell.Example = completionExamples[name]
		if f := shell.Flags().Lookup("no-descriptions"); f != nil {
			flags.Describe(f, flags.GroupMain, flags.Help{
				Short: "leave the descriptions out",
				Full:  "Complete without descriptions of commands and flags.",
			})
		}
	}
}
