package cmd

import (
	"fmt"
	"slices"
	"strings"

	"kin/cmd/internal/flags"
	"kin/internal/checkpoint"
	"kin/internal/record"
)

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
