package settings

import (
	"fmt"
	"slices"
	"strings"
)

// Origins remembers the flags that were set by a variable or the configuration file.
type Origins struct {
	from        map[string]string // by flag: KIN_MAX_FETCH_RATE, or FILE:LINE
	commandOnly map[string]bool   // by flag: the setting is from the table of a command
}

// NewOrigins returns Origins without a setting.
func NewOrigins() Origins {
	return Origins{from: map[string]string{}, commandOnly: map[string]bool{}}
}

// IsSetting reports whether a flag's value comes from a variable or the configuration file.
func (o Origins) IsSetting(flag string) bool { return o.from[flag] != "" }

// IsCommandOnly reports whether a flag's value comes from the table of a command. Other
// commands do not get it.
func (o Origins) IsCommandOnly(flag string) bool { return o.commandOnly[flag] }

// AddToHint adds to a hint where the flags that a message names were set. It adds nothing
// about flags from the command line.
func (o Origins) AddToHint(message, hint string) string {
	return o.add(hint, func(name string) bool {
		short := map[string]string{"verbose": "-v", "quiet": "-q"}[name]
		return namesFlag(message, "--"+name) || short != "" && namesFlag(message, short)
	})
}

// AddConnectionToHint does the same for a message about the connection, which names no
// flags.
func (o Origins) AddConnectionToHint(message, hint string) string {
	return o.add(hint, func(name string) bool {
		return slices.Contains([]string{"endpoint", "region", "profile"}, name) && namesFlag(message, name) ||
			name == "sts-endpoint" && namesFlag(message, "STS endpoint")
	})
}

func (o Origins) add(hint string, named func(flag string) bool) string {
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

// namesFlag reports whether a text has a flag's name as a whole word: after a space or at
// the start.
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
