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

// fileArgument requires the name of one file.
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

// anyNumber as a maximum means no maximum.
const anyNumber = -1

// consumerArguments requires a stream, followed by minCount to maxCount consumers. example
// is part of the hint.
func consumerArguments(minCount, maxCount int, example string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		path := c.CommandPath()
		hint := "for example: " + strings.TrimSpace(path+" orders "+example)
		switch n := len(args) - 1; {
		case n < 0:
			return console.UsageHint(hint, "%s needs the name or ARN of a stream", path)
		case n < minCount:
			return console.UsageHint(hint, "%s needs the name of the stream, then the name of a consumer", path)
		case maxCount == 0 && n > maxCount:
			return console.UsageHint(hint, "%s takes one stream and nothing else, got %q", path, args[1])
		case maxCount > 0 && n > maxCount:
			return console.UsageHint(hint, "%s takes one consumer, got %q too", path, args[maxCount+1])
		}
		return nil
	}
}

// noArguments refuses arguments of a command that takes none.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 || versionAsked(c) {
		return nil
	}
	if c.HasParent() {
		return console.Usage("%s takes no arguments, got %q", c.CommandPath(), args[0])
	}
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		return console.UsageHint("did you mean \"kin "+near[0]+"\"?", "unknown command %q", args[0])
	}
	return console.UsageHint("kin help lists the commands", "unknown command %q", args[0])
}

// refuseConnectionFlags refuses the flags about the service for a command that does not call it.
func refuseConnectionFlags(c *cobra.Command) error {
	for _, name := range []string{"profile", "region", "endpoint"} {
		if c.Flags().Changed(name) {
			return console.Usage("--%s is for commands that call the service; %s does not", name, c.CommandPath())
		}
	}
	return nil
}

// streamArguments requires at least one stream.
func streamArguments(c *cobra.Command, args []string) error {
	if len(splitStreams(args)) == 0 {
		return console.UsageHint("for example: "+c.CommandPath()+" orders", "%s needs the name or ARN of a stream", c.CommandPath())
	}
	return nil
}

// splitStreams splits arguments at commas and drops empty ones.
func splitStreams(args []string) []string {
	var streams []string
	for _, arg := range args {
		for s := range strings.SplitSeq(arg, ",") {
			if s = strings.TrimSpace(s); s != "" {
				streams = append(streams, s)
			}
		}
	}
	return streams
}

// wantStreams returns an empty value for a flag --stream.
func wantStreams() flags.Texts {
	return flags.Texts{Kind: "the name or ARN of a stream", Commas: true}
}

// streamsIn returns the given streams, as the caller named them. Each has to be in the
// checkpoint f. If none are given, it returns the names of all streams of the checkpoint.
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
				Next: "it has positions of " + strings.Join(names, ", ")}
		}
	}
	return given, nil
}

// regionHints returns names or ARNs for the choice of the region: for each stream the ARN
// in the checkpoint, else the stream as it was given. Calls use the streams as they were
// given, because not every endpoint accepts ARNs.
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

// versionAsked reports whether the root command was called with --version.
func versionAsked(c *cobra.Command) bool {
	asked, err := c.Flags().GetBool("version")
	return err == nil && asked && !c.HasParent()
}
