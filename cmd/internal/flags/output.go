package flags

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// AddOutput adds -o to a command. forms are the values of v, for completion.
func (s Section) AddOutput(c *cobra.Command, v pflag.Value, h Help, forms ...string) {
	h.Letter = "o"
	s.Var(v, "output", h)
	if err := c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(forms, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // Var has just added the flag
	}
}

// AddReport adds -o to a command whose report is a table or JSON.
func AddReport(c *cobra.Command, v pflag.Value) {
	GroupMain.In(c.Flags()).AddOutput(c, v, Help{
		Short: "print a table or json",
		Full:  "How to print the report: table, or json for one JSON object on a line.",
	}, "table", "json")
}
