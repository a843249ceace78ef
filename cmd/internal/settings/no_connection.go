package settings

import (
	"github.com/spf13/pflag"
)

// NoConnection are the variables with which a kin below this one asks
// the AWS SDK alone where the service is and who is calling: the user's own
// settings may lead elsewhere. addFlags add the flags about credentials.
func NoConnection(addFlags ...func(*pflag.FlagSet)) []string {
	variables := []string{VariableOf("profile") + "=", VariableOf("region") + "=", VariableOf("endpoint") + "="}
	var f pflag.FlagSet
	for _, add := range addFlags {
		add(&f)
	}
	f.VisitAll(func(flag *pflag.Flag) { variables = append(variables, VariableOf(flag.Name)+"=") })
	return variables
}
