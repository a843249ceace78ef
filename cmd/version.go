package cmd

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release is the version a release build carries: -X kin/cmd.release=1.2.3.
var release string

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

// version is the release, or what the Go tool knows of a build from source.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

// versionLine is what `kin version` and `kin --version` print.
func versionLine() string {
	return fmt.Sprintf("kin %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// addVersionFlag gives the root command its --version. cobra's own flag prints by
// a template, and text/template keeps the linker from dropping unused methods: it
// costs 4 MB of binary.
func addVersionFlag(root *cobra.Command) {
	root.Flags().Bool("version", false, "version for kin")
}

// versionAsked reports whether the root command was called with --version.
func versionAsked(c *cobra.Command) bool {
	asked, err := c.Flags().GetBool("version")
	return err == nil && asked && !c.HasParent()
}
