package flags

import (
	"fmt"
	"regexp"
)

// ConsumerPrefix is the start of consumers' names. It is short enough that tmp_ and a UUID
// can follow it.
type ConsumerPrefix string

var consumerPrefix = regexp.MustCompile(`^[a-zA-Z0-9_.-]{0,88}$`)

// Set implements pflag.Value.
func (v *ConsumerPrefix) Set(s string) error {
	if !consumerPrefix.MatchString(s) {
		return fmt.Errorf("want at most 88 letters, digits and _.-")
	}
	*v = ConsumerPrefix(s)
	return nil
}

func (v *ConsumerPrefix) String() string { return string(*v) }

// Type implements pflag.Value: it is the placeholder in the help.
func (v *ConsumerPrefix) Type() string { return "prefix" }
