package cmd

import (
	"io"

	"kin/cmd/internal/console"

	"github.com/spf13/cobra"
)

// Manual returns the command tree for scripts/docs, which writes the command
// reference, the man pages and the shell completions from it. The tree is not
// to be executed: its streams lead nowhere.
func Manual() *cobra.Command {
	root := newRoot(newEnv(console.Streams{Out: io.Discard, Err: io.Discard}))
	root.InitDefaultHelpFlag()
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	return root
}
