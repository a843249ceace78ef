package efo

import (
	"slices"
	"strings"
)

// Told is how the commands that messages tell lead to the stream a run was
// about: what the stream is called on a command line, and the flags behind it
// that say where it is, such as --endpoint URL. Without them a command may reach
// another stream of that name, or find nothing to remove and leave a consumer
// billed.
type Told struct {
	Stream string
	Flags  []string // as a shell takes them
}

// Command is a command of kin consumers about the stream, or about one consumer
// of it; its name may begin as a flag does.
func (t Told) Command(verb, consumer string, flags ...string) string {
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
