package cmd

import (
	"strings"

	"github.com/spf13/cobra"
)

// newHelp is `kin help`: of a command, of a topic, or of kin.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND|TOPIC]",
		Short:   "Help about a command or a topic",
		Example: "  kin help read\n  kin help exit-codes",
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return usageHint("kin help lists the commands and topics", "no help about %q", strings.Join(args, " "))
			}
			c.InitDefaultHelpFlag()
			return c.Help()
		},
	}
}

// helpTopics are the pages of `kin help` that belong to no single command.
func helpTopics() []*cobra.Command {
	return []*cobra.Command{
		{
			Use:   "exit-codes",
			Short: "The exit codes of kin",
			Long: `kin ends with one of these codes:

    0  done; also: limit reached, nothing found, stdout closed
    1  failed, or any record or item failed
    2  wrong usage
    3  stream, shard or consumer not found
    4  access denied, or no credentials
    5  gave up on throttling or time-outs
    6  a checkpoint that cannot be used
    7  a condition that was asked for does not hold
    8  held by another run
  129  stopped by SIGHUP, after a clean stop
  130  stopped by SIGINT, after a clean stop
  143  stopped by SIGTERM, after a clean stop

The first signal stops a run cleanly: what was written is committed, nothing
else is. A second signal ends it at once.`,
		},
	}
}
