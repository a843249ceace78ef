package cmd

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"kin/cmd/internal/console"
	"kin/cmd/internal/manual"
)

// What main and scripts/docs use besides Main.

// Streams are the three standard streams of a run. main passes the process's files, and
// tests pass buffers.
type Streams = console.Streams

// SignalContext returns a context that the first SIGHUP, SIGINT, SIGQUIT or SIGTERM
// cancels. release restores the default action of signals earlier.
func SignalContext(parent context.Context) (ctx context.Context, release func()) {
	return console.SignalContext(parent)
}

// Manual returns the command tree for scripts/docs, which generates the command reference,
// the man pages and the shell completions. Do not execute the tree: its output is
// discarded.
func Manual() *cobra.Command {
	root := newRoot(newEnv(console.Streams{Out: io.Discard, Err: io.Discard}))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	return root
}

// OptionsPage returns docs/options.md: the content of `kin help options` as a table.
func OptionsPage(root *cobra.Command) string { return manual.OptionsPage(root) }

// ReferencePage returns the page of a command in the command reference, in Markdown.
func ReferencePage(c *cobra.Command) string { return manual.ReferencePage(c) }

// ReferenceName returns the file name of that page without its extension.
func ReferenceName(c *cobra.Command) string { return manual.ReferenceName(c) }

// UseFullTexts sets the Usage of every flag to its full description, for cobra's generator
// of man pages.
func UseFullTexts(root *cobra.Command) { manual.UseFullTexts(root) }
