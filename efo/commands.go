package efo

import (
	"slices"
	"strings"
)

// Commands builds the `kin consumers` commands for hints. Each command names the stream and repeats
// the flags that select it, such as --endpoint URL. Without these flags a command could reach
// another stream of the same name. It would then remove no consumer, and AWS would go on billing
// it.
type Commands struct {
	Stream string
	Flags  []string // quoted for a shell
}

// Command returns `kin consumers VERB` for the stream. A non-empty consumer is an argument of the
// command; its name may start with a dash.
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
