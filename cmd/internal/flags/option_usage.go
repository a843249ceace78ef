package flags

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"kin/cmd/internal/console"
	"kin/internal/record"
)

// OptionUsage turns a *record.OptionError about a field into a *console.UsageError about
// the flag of that name and its value. It returns other errors as they are.
func OptionUsage(c *cobra.Command, err error) error {
	var bad *record.OptionError
	if !errors.As(err, &bad) {
		return err
	}
	name := strings.ReplaceAll(bad.Field, " ", "-")
	flag := c.Flags().Lookup(name)
	if flag == nil {
		return console.Usage("%s", bad.Error())
	}
	if short := c.Flags().Lookup("from"); name == "initial-position" && short.Changed {
		flag = short
	}
	if flag.Value.Type() == "bool" {
		return console.UsageHint("run again without --"+flag.Name, "--%s: want %s", flag.Name, bad.Want)
	}
	return console.Usage("--%s %s: want %s", flag.Name, flag.Value, bad.Want)
}
