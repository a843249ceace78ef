package cmd

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release is the version of a release build. The linker sets it: -X kin/cmd.release=1.2.3.
var release string

// version returns the release. For a build from source it returns the version that the Go
// tool recorded, or devel.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

// versionLine returns what `kin version` and `kin --version` print.
func versionLine() string {
	return fmt.Sprintf("kin %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// versionAsked reports whether the root command was called with --version.
func versionAsked(c *cobra.Command) bool {
	asked, err := c.Flags().GetBool("version")
	return err == nil && asked && !c.HasParent()
}
