package flags

import "github.com/spf13/pflag"

// Repeatable reports whether a flag takes several values.
func Repeatable(v pflag.Value) bool {
	switch v.(type) {
	case pflag.SliceValue, *Texts, *Streams, *Roles, *Faults:
		return true
	}
	return false
}
