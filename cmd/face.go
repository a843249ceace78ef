package cmd

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"kin/cmd/internal/console"
	"kin/cmd/internal/manual"
)

// What main and scripts/docs need of this package, beside Main.

// Streams are the three standard streams of a run. In main they are the
// process's own files; a test passes buffers.
type Streams = console.Streams

// SignalContext returns a context that the first SIGHUP, SIGINT or SIGTERM
// cancels. release gives the signals back before.
func SignalContext(parent context.Context) (ctx context.Context, release func()) {
	return console.SignalContext(parent)
}

// Manual returns the command tree for scripts/docs, which writes the command
// reference, the man pages and the shell completions from it. The tree is not
// to be executed: its streams lead nowhere.
func Manual() *cobra.Command {
	root := newRoot(newEnv(console.Streams{Out: io.Discard, Err: io.Discard}))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	return root
}

// OptionsPage is docs/options.md: `kin help options` as a table.
func OptionsPage(root *cobra.Command) string { return manual.OptionsPage(root) }

// ReferencePage is the page of a command in the command reference, in Markdown.
func ReferencePage(c *cobra.Command) string { return manual.ReferencePage(c) }

// ReferenceName is the name of that page without its extension.
func ReferenceName(c *cobra.Command) string { return manual.ReferenceName(c) }

// UseFullTexts gives all flags their full descriptions as usages, for cobra's
// generator of man pages.
func UseFullTexts(root *cobra.Command) { manual.UseFullTexts(root) }
