package manual

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Usage prints what stands below a command's description in its help,
// with the flags wrapped to the width of the terminal.
func Usage(c *cobra.Command, width int) error {
	var b strings.Builder
	b.WriteString("Usage:\n")
	if c.Runnable() && c.HasParent() {
		fmt.Fprintf(&b, "  %s\n", c.UseLine())
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s COMMAND [flags]\n", c.CommandPath())
	}
	if c.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", c.Example)
	}
	writeSection(&b, "Commands", c, (*cobra.Command).IsAvailableCommand)
	writeFlags(&b, "Flags", c.LocalNonPersistentFlags(), width)
	global := c.InheritedFlags()
	if !c.HasParent() {
		global = c.PersistentFlags()
	}
	writeFlags(&b, "Flags of every command", global, width)
	writeSection(&b, "More help: kin help TOPIC", c, (*cobra.Command).IsAdditionalHelpTopicCommand)
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\nkin COMMAND --help tells all about one command.\n")
	}
	_, err := fmt.Fprint(c.OutOrStderr(), b.String())
	return err
}

// writeSection lists the subcommands of one kind.
func writeSection(b *strings.Builder, title string, c *cobra.Command, of func(*cobra.Command) bool) {
	first := true
	for _, sub := range c.Commands() {
		if !of(sub) {
			continue
		}
		if first {
			fmt.Fprintf(b, "\n%s:\n", title)
			first = false
		}
		fmt.Fprintf(b, "  %-*s  %s\n", sub.NamePadding(), sub.Name(), sub.Short)
	}
}

func writeFlags(b *strings.Builder, title string, f *pflag.FlagSet, width int) {
	f.SortFlags = false // they come in the order of their use
	if f.HasAvailableFlags() {
		fmt.Fprintf(b, "\n%s:\n%s", title, f.FlagUsagesWrapped(width))
	}
}
