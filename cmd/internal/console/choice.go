package console

import (
	"errors"
	"slices"
	"strings"
)

// Choose sets v to s if all contains it. Otherwise its error lists the accepted values.
// Flags with a closed set of values use it.
func Choose[T ~string](v *T, s string, all ...T) error {
	if slices.Contains(all, T(s)) {
		*v = T(s)
		return nil
	}
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = string(one)
	}
	last := len(names) - 1
	return errors.New("want " + strings.Join(names[:last], ", ") + " or " + names[last])
}
