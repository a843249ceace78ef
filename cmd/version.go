package cmd

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newVersion(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print kin's version",
		Example: "  kin version",
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := refuseConnection(c); err != nil {
				return err
			}
			_, err := fmt.Fprint(e.Out, versionLine())
			return err
		},
	}
}

// addVersionFlag gives the root command its --version. cobra's own flag prints by
// a template, and text/template keeps the linker from dropping unused methods: it
// costs 4 MB of binary.
func addVersionFlag(root *cobra.Command) {
	root.Flags().Bool("version", false, "version for kin")
}
