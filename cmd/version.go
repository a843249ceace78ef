package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"kin/cmd/internal/flags"
)

func newVersion(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "version",
		Short: "Print kin's version",
		Long: `Use it to see which release is installed, and for which system. kin --version
prints the same.`,
		Example: `  # Print the version.
  kin version`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := refuseConnectionFlags(c); err != nil {
				return err
			}
			_, err := fmt.Fprint(e.Out, versionLine())
			return err
		},
	}
	c.Annotations = map[string]string{flags.Refused: "profile,region,endpoint"}
	return c
}

// addVersionFlag adds --version to the root command. cobra's own flag prints with a
// template, and text/template keeps the linker from dropping unused methods. That would add
// 4 MB to the binary.
func addVersionFlag(root *cobra.Command) {
	var asked bool // versionAsked reads the flag from the flag set
	flags.GroupGlobal.In(root.Flags()).Bool(&asked, "version", flags.Help{
		Short: "print kin's version",
		Full:  "Print kin's version, and the system that it was built for.",
	})
}
