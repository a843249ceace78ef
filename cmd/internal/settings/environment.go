package settings

import (
	"strings"

	"github.com/spf13/cobra"

	"kin/cmd/internal/flags"
)

// variablePrefix begins the variables that set flags.
const variablePrefix = "KIN_"

// VariableOf is the variable of a flag: KIN_MAX_FETCH_RATE of max-fetch-rate.
func VariableOf(flag string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// environmentSettings are the flags that variables set. An empty variable asks
// for the default, whatever the configuration file says. A flag that can be
// repeated has a value a line.
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
