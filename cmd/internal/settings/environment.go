package settings

import (
	"strings"

	"github.com/spf13/cobra"

	"kin/cmd/internal/flags"
)

// variablePrefix is the prefix of the variables that set flags.
const variablePrefix = "KIN_"

// VariableOf returns the variable of a flag: KIN_MAX_FETCH_RATE for max-fetch-rate.
func VariableOf(flag string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// environmentSettings returns the flags that variables set. environ is as os.Environ
// returns it. An empty variable sets a flag to its default, whatever the configuration file
// has. For a flag that can be repeated, each line is a value. A KIN_ variable of no flag is
// an error.
func environmentSettings(environ []string, root *cobra.Command) (Layer, error) {
	settable := SettableFlags(root, nil)
	flagOf := map[string]string{}
	var known []string
	for name := range settable {
		flagOf[VariableOf(name)] = name
		known = append(known, VariableOf(name))
	}
	found := Layer{}
	for _, pair := range environ {
		variable, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(variable, variablePrefix) {
			continue
		}
		name, ok := flagOf[variable]
		if !ok {
			return nil, unknownSetting("variable", variable, known)
		}
		s := Setting{Origin: variable, text: variable + "=" + value}
		switch {
		case value == "":
		case flags.Repeatable(settable[name].Value):
			s.Values = strings.Split(strings.TrimSuffix(value, "\n"), "\n")
		default:
			s.Values = []string{value}
		}
		found[name] = s
	}
	return found, nil
}
