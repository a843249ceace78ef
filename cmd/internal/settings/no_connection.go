package settings

import (
	"github.com/spf13/pflag"
)

// NoConnection returns variables for a kin that is run as a child, as NAME=. They remove
// the user's settings about service and credentials, which could name another service. The
// child then asks only the AWS SDK. addFlags add the flags about credentials.
func NoConnection(addFlags ...func(*pflag.FlagSet)) []string {
	variables := []string{VariableOf("profile") + "=", VariableOf("region") + "=", VariableOf("endpoint") + "="}
	var f pflag.FlagSet
	for _, add := range addFlags {
		add(&f)
	}
	f.VisitAll(func(flag *pflag.Flag) { variables = append(variables, VariableOf(flag.Name)+"=") })
	return variables
}
