package efo

import (
	"slices"
	"strings"
)

// Commands writes the commands that hints show. Each names the stream of the run, and
// has the flags that lead to it, such as --endpoint URL. Without those flags a command
// may reach another stream of that name, or remove no consumer and leave it billed.
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
