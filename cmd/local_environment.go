package cmd

import (
	"github.com/spf13/pflag"

	"kin/cmd/internal/flags"
	"kin/cmd/internal/settings"
)

// noConnectionSettings are the variables with which a kin below this one asks
// the AWS SDK alone where the service is and who is calling: the user's own
// settings may lead elsewhere.
func noConnectionSettings() []string {
	variables := []string{settings.VariableOf("profile") + "=", settings.VariableOf("region") + "=", settings.VariableOf("endpoint") + "="}
	var f pflag.FlagSet
	(&flags.Connection{}).AddFlags(&f)
	(&destination{}).addFlags(&f)
	f.VisitAll(func(flag *pflag.Flag) { variables = append(variables, settings.VariableOf(flag.Name)+"=") })
	return variables
}
