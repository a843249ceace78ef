package cmd

import (
	"fmt"
	"regexp"
)

// prefixValue is what the names of consumers begin with. It leaves room for
// what follows it: tmp_ and a UUID.
type prefixValue string

var consumerPrefix = regexp.MustCompile(`^[a-zA-Z0-9_.-]{0,88}$`)

func (v *prefixValue) Set(s string) error {
	if !consumerPrefix.MatchString(s) {
		return fmt.Errorf("want at most 88 letters, digits and _.-")
	}
	*v = prefixValue(s)
	return nil
}

func (v *prefixValue) String() string { return string(*v) }

func (v *prefixValue) Type() string { return "prefix" }
