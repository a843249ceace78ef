package manual

import "github.com/spf13/cobra"

// Topics returns the pages of `kin help` that belong to no single command.
func Topics(root *cobra.Command) []*cobra.Command {
	return []*cobra.Command{
		{Use: "positions", Short: "Where kin starts to read, and where it stops", Long: positionsHelp},
		{Use: "format", Short: "The JSON line that kin read prints", Long: formatHelp},
		{Use: "options", Short: "The Databricks connector's options and kin's flags", Long: OptionsHelp(root)},
		{Use: "settings", Short: "Flags in variables and in the configuration file", Long: SettingsHelp},
		{Use: "tuning", Short: "Latency, throughput, rate limits and memory", Long: tuningHelp},
		{Use: "exit-codes", Short: "The exit codes of kin", Long: exitCodesHelp},
	}
}
