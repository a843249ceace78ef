package cmd

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The help text is the manual, so every command and flag needs one.
func TestEveryCommandAndFlagHasHelp(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Name() == "help" || c.Name() == "completion" { // cobra's own
			return
		}
		if c.Short == "" {
			t.Errorf("%s has no short description", c.CommandPath())
		}
		if c.IsAdditionalHelpTopicCommand() && c.Long == "" {
			t.Errorf("the help topic %s has no text", c.CommandPath())
		}
		if c.Runnable() && c.HasParent() {
			examples := strings.Split(strings.TrimSpace(c.Example), "\n")
			for _, line := range examples {
				if !strings.Contains(line, c.CommandPath()) && !strings.HasPrefix(strings.TrimSpace(line), "#") {
					t.Errorf("%s: an example does not call it: %q", c.CommandPath(), line)
				}
			}
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s: --%s has no description", c.CommandPath(), f.Name)
			}
		})
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(Manual())
}
