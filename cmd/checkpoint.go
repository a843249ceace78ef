package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/internal/checkpoint"
	"kin/internal/record"
)

func newCheckpoint(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "checkpoint",
		Short: "Look at a checkpoint file, verify it, move it",
		Long: `Look at the checkpoint file of a kin read, hold it against the streams it is of,
or move it to another position.

A checkpoint is one JSON file: for each stream where the first run began, and
for each shard up to where its records were written.`,
		Example: `  kin checkpoint show orders.ckpt
  kin checkpoint verify orders.ckpt
  kin checkpoint reset orders.ckpt --to 15m --dry-run`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			if near := c.SuggestionsFor(args[0]); len(near) > 0 {
				return console.UsageHint("did you mean \""+c.CommandPath()+" "+near[0]+"\"?", "unknown command %q of %s", args[0], c.CommandPath())
			}
			return console.UsageHint("kin help checkpoint lists them", "unknown command %q of %s", args[0], c.CommandPath())
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.SuggestionsMinimumDistance = 2
	c.AddCommand(newCheckpointShow(e), newCheckpointVerify(e), newCheckpointReset(e))
	return c
}

// fileArgument wants the name of one file.
func fileArgument(c *cobra.Command, args []string) error {
	path := c.CommandPath()
	switch {
	case len(args) == 0 || args[0] == "":
		return console.UsageHint("for example: "+path+" orders.ckpt", "%s needs the name of a checkpoint file", path)
	case len(args) > 1:
		return console.Usage("%s takes one file, got %q too", path, args[1])
	}
	return nil
}

// wantStreams is the value of a --stream that was not given.
func wantStreams() flags.Texts {
	return flags.Texts{Kind: "the name or ARN of a stream", Commas: true}
}

// streamsIn are the streams of a checkpoint that were asked for, as the caller
// gave them; all of them, by name, if none was.
func streamsIn(path string, f checkpoint.File, given []string) ([]string, error) {
	var names []string
	for _, s := range f.Streams {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	if len(names) == 0 {
		return nil, &checkpoint.UnusableError{Path: path, Reason: "it has no streams", Next: "kin read --checkpoint FILE adds those it reads"}
	}
	if len(given) == 0 {
		return names, nil
	}
	for _, s := range given {
		if !slices.Contains(names, record.ParseStream(s).Name) {
			return nil, &checkpoint.UnusableError{Path: path, Reason: fmt.Sprintf("it has no positions of stream %q", record.ParseStream(s).Name),
				Next: "it has those of " + strings.Join(names, ", ")}
		}
	}
	return given, nil
}

// regionHints are what tells the region of the streams that were asked for:
// the ARNs that were given, else those that the checkpoint has. The calls name
// a stream as it was given: not every endpoint takes ARNs.
func regionHints(f checkpoint.File, streams []string) []string {
	var hints []string
	for _, s := range streams {
		if known := f.Find(s); known != nil && known.ARN != "" {
			s = known.ARN
		}
		hints = append(hints, s)
	}
	return hints
}
