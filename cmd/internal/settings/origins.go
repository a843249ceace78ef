package settings

import (
	"fmt"
	"slices"
	"strings"
)

// Origins are where flags came from that are not from the command line.
type Origins struct {
	from   map[string]string
	narrow map[string]bool // those of them that another command does not get
}

// NewOrigins knows of no setting yet.
func NewOrigins() Origins {
	return Origins{from: map[string]string{}, narrow: map[string]bool{}}
}

// IsSetting says whether a flag's value is from a variable or a file.
func (o Origins) IsSetting(flag string) bool { return o.from[flag] != "" }

// IsNarrow says whether it is a setting that another command does not get.
func (o Origins) IsNarrow(flag string) bool { return o.narrow[flag] }

// AddToHint adds to a hint where the flags came from that a message names,
// if that was not the command line.
func (o Origins) AddToHint(message, hint string) string {
	return o.of(hint, func(name string) bool {
		short := map[string]string{"verbose": "-v", "quiet": "-q"}[name]
		return namesFlag(message, "--"+name) || short != "" && namesFlag(message, short)
	})
}

// AddConnectionToHint does the same for a message about where the service is,
// which names no flags.
func (o Origins) AddConnectionToHint(message, hint string) string {
	return o.of(hint, func(name string) bool {
		return slices.Contains([]string{"endpoint", "region", "profile"}, name) && namesFlag(message, name) ||
			name == "sts-endpoint" && namesFlag(message, "STS endpoint")
	})
}

func (o Origins) of(hint string, named func(flag string) bool) string {
	var parts []string
	if hint != "" {
		parts = append(parts, hint)
	}
	for _, name := range names(o.from) {
		if named(name) {
			parts = append(parts, fmt.Sprintf("--%s comes from %s", name, o.from[name]))
		}
	}
	return strings.Join(parts, "; ")
}

// namesFlag says whether a text has a flag's name at its start or after a
// space, and not as part of another.
func namesFlag(text, name string) bool {
	for rest := " " + text; ; {
		_, after, found := strings.Cut(rest, " "+name)
		if !found {
			return false
		}
		if after == "" || strings.IndexByte(" :,;)", after[0]) >= 0 {
			return true
		}
		rest = after
	}
}
