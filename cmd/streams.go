package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"kin/survey"
)

func newStreams(e *env) *cobra.Command {
	o := &streamsOptions{}
	c := &cobra.Command{
		Use:   "streams",
		Short: "List the account's streams",
		Long: `List the streams of the account in one region, by name: their capacity mode, open
shards, retention period, registered consumers and encryption, and their status
where it is not ACTIVE; -o json has their ARNs, too.

It needs kinesis:ListStreams, and kinesis:DescribeStreamSummary on the streams:
of one that may not be described it tells what the list does. It describes 15
streams a second; an account has 20 such calls for everybody.`,
		Example: `  kin streams
  kin streams --region eu-west-1 --profile billing
  kin streams -o json | jq -r '.streams[] | select(.encryptionType == "NONE").streamName'`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			return runStreams(c.Context(), e, o)
		},
	}
	addReportFlag(c, &o.output)
	addConnectionFlags(c.Flags(), &e.connection)
	return c
}

type streamsOptions struct{ output reportForm }

func runStreams(ctx context.Context, e *env, o *streamsOptions) error {
	return e.printReport(ctx, func(ctx context.Context) (string, error) {
		client, err := e.kinesis(ctx)
		if err != nil {
			return "", err
		}
		streams, undescribed, err := survey.Streams(ctx, client, e.log)
		if err != nil {
			return "", err
		}
		if len(streams) == 0 {
			e.say("there are no streams in " + e.clientRegion)
		}
		if undescribed > 0 {
			e.say(fmt.Sprintf("DescribeStreamSummary is not allowed for %d of %s: of those there is what the list tells", undescribed, counted(int64(len(streams)), "stream")))
		}
		if o.output == reportJSON {
			return jsonLine(streamsReportOf(streams))
		}
		return streamsTable(e.palette(), streams), nil
	})
}
