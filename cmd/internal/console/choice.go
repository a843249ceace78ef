package console

import (
	"errors"
	"slices"
	"strings"
)

// Choose sets v to s if that is one of all, and says what is wanted if it is not. It
// is how a flag with a closed set of values reads one.
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
