package efo

import (
	"slices"
	"strings"
)

// Commands writes the commands that messages name. It has what leads to the stream of
// a run on a command line: the stream's name, and flags such as --endpoint URL. Without
// those a command may reach another stream of that name, or find no consumer to remove
// and leave it billed.
type Commands struct {
	Stream string
	Flags  []string // as a shell takes them
}

// Command is a command of kin consumers about the stream, or about one consumer
// of it; its name may begin as a flag does.
func (t Commands) Command(verb, consumer string, flags ...string) string {
	words := []string{"kin", "consumers", verb, t.Stream}
	flags = slices.Concat(flags, t.Flags)
	switch {
	case strings.HasPrefix(consumer, "-"):
		words = slices.Concat(words, flags, []string{"--", consumer})
	case consumer != "":
		words = slices.Concat(words, []string{consumer}, flags)
	default:
		words = append(words, flags...)
	}
	return strings.Join(words, " ")
}
