package efo

import "strings"

// Told is how the commands that messages tell lead to the stream a run was
// about: what the stream is called on a command line, and the flags behind it
// that say where it is, such as --endpoint URL. Without them a command may reach
// another stream of that name, or find nothing to remove and leave a consumer
// billed.
type Told struct {
	Stream string
	Flags  []string // as a shell takes them
}

// Command is a command of kin consumers about the stream.
func (t Told) Command(verb string, args ...string) string {
	words := append([]string{"kin", "consumers", verb, t.Stream}, args...)
	return strings.Join(append(words, t.Flags...), " ")
}
