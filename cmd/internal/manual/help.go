// Package manual has kin's help: the layout of a command's help, the topics, and the
// options of the Databricks connector next to the flags.
package manual

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
)

// HelpFlags are the flags that print help. cobra reads --help itself.
type HelpFlags struct {
	help bool
	All  bool // --help-all was given
}

// AddFlags adds --help and --help-all to the root.
func (a *HelpFlags) AddFlags(g flags.Section) {
	g.Bool(&a.help, "help", flags.Help{
		Short: "print this help", Letter: "h",
		Full: "Print what the command does, examples, and a line about each flag.",
	})
	g.Bool(&a.All, "help-all", flags.Help{
		Short: "print this help with full descriptions",
		Full:  "Print the same help with full descriptions of the command and of each flag.",
	})
}

// Intercept makes --help-all print the help of c and its subcommands before arguments are
// checked, as --help does.
func (a *HelpFlags) Intercept(c *cobra.Command) {
	if args := c.Args; args != nil {
		c.Args = func(c *cobra.Command, given []string) error {
			if a.All {
				return pflag.ErrHelp
			}
			return args(c, given)
		}
	}
	for _, sub := range c.Commands() {
		a.Intercept(sub)
	}
}

// NewHelp returns `kin help`, which prints the help of a command, a topic, or kin.
func NewHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND|TOPIC]",
		Short: "Print help about a command or a topic",
		Long: `kin help COMMAND prints the same as kin COMMAND --help. kin help lists the
commands and topics.`,
		Example: `  # The flags of a command, a line each.
  kin help read
  # The same with full descriptions.
  kin help read --help-all
  # All forms that a position can have.
  kin help positions`,
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return console.UsageHint("kin help lists the commands and topics", "no help about %q", strings.Join(args, " "))
			}
			c.InitDefaultHelpFlag() // gives the command the flags of its parents
			return c.Help()
		},
	}
}
