package flags

import (
	"fmt"
	"regexp"
)

// ConsumerPrefix is what the names of consumers begin with. It leaves room for
// what follows it: tmp_ and a UUID.
type ConsumerPrefix string

var consumerPrefix = regexp.MustCompile(`^[a-zA-Z0-9_.-]{0,88}$`)

// Set takes what was typed. Its error says what is wanted.
func (v *ConsumerPrefix) Set(s string) error {
	if !consumerPrefix.MatchString(s) {
		return fmt.Errorf("want at most 88 letters, digits and _.-")
	}
	*v = ConsumerPrefix(s)
	return nil
}

func (v *ConsumerPrefix) String() string { return string(*v) }

// Type names the value in the help.
func (v *ConsumerPrefix) Type() string { return "prefix" }
