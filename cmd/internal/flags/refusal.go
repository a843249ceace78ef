package flags

import (
	"errors"
	"strings"

	"github.com/spf13/pflag"
)

// Wanted returns the reason why a flag's value was refused, in kin's words instead of
// strconv's.
func Wanted(e *pflag.InvalidValueError) string {
	cause := errors.Unwrap(e)
	if cause == nil {
		return "not a valid value"
	}
	text := cause.Error()
	if e.GetFlag().Value.Type() == "bool" {
		return "want true or false"
	}
	if strings.HasPrefix(text, "strconv.") {
		return "want a number"
	}
	return text
}
