package cmd

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/report"
	"kin/internal/words"
	"kin/survey"
)

func newStreams(e *env) *cobra.Command {
	o := &streamsOptions{}
	c := &cobra.Command{
		Use:   "streams",
		Short: "List the account's streams",
		Long: `Use it to see which streams an account has in a region, and how each is set up.

kin prints the streams sorted by name: capacity mode, open shards, retention
period, registered consumers, encryption, and the status where it is not ACTIVE.
-o json has their ARNs, too.

It needs kinesis:ListStreams, and kinesis:DescribeStreamSummary for each stream.
If the description of a stream is not allowed, kin prints what ListStreams
returns. If the call fails for another reason, kin also names the stream on
stderr, and exits with 1. kin makes at most 15 such calls a second. All callers
of an account share a limit of 20.`,
		Example: `  # List the streams of the default region.
  kin streams
  # List those of another region, with another profile.
  kin streams --region eu-west-1 --profile billing
  # Print the names alone.
  kin streams -o json | jq -r '.streams[].streamName'`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			return runStreams(c.Context(), e, o)
		},
	}
	flags.AddReport(c, &o.output)
	e.connection.AddFlags(c.Flags())
	return c
}

type streamsOptions struct{ output report.Form }

func runStreams(ctx context.Context, e *env, o *streamsOptions) error {
	failed := false
	if err := report.Print(ctx, e.Console, func(ctx context.Context) (string, error) {
		client, err := e.kinesis(ctx)
		if err != nil {
			return "", err
		}
		streams, err := survey.Streams(ctx, client, e.Info, e.Log)
		if err != nil {
			return "", err
		}
		if len(streams) == 0 {
			e.Info("there are no streams in " + e.client.Region)
		}
		failed = e.reportUndescribed(streams)
		if o.output == report.JSON {
			return report.JSONLine(report.StreamsOf(streams))
		}
		return report.StreamsTable(report.NewPalette(e.Console), streams), nil
	}); err != nil {
		return err
	}
	if failed {
		return console.SilentError{Code: console.ExitFailed} // the reason is printed already
	}
	return nil
}

// maxNamedStreams is how many failed streams are named one by one.
const maxNamedStreams = 10

// reportUndescribed reports the streams without a description. It returns whether one of
// the calls failed; a missing permission is no failure.
func (e *env) reportUndescribed(streams []survey.Listed) (failed bool) {
	denied, failures := 0, []survey.Listed{}
	for _, s := range streams {
		switch {
		case s.Undescribed == nil:
		case survey.IsUnavailable(s.Undescribed):
			denied++
		default:
			failures = append(failures, s)
		}
	}
	all := words.Count(int64(len(streams)), "stream")
	if denied > 0 {
		e.Info(fmt.Sprintf("DescribeStreamSummary is not allowed for %d of %s: for them kin prints only what ListStreams returned", denied, all))
	}
	for _, s := range failures[:min(len(failures), maxNamedStreams)] {
		e.Print(fmt.Sprintf("%s: %s", aws.ToString(s.Summary.StreamName), s.Undescribed))
	}
	if n := len(failures); n > 0 {
		e.Print(fmt.Sprintf("DescribeStreamSummary failed for %d of %s: for them kin prints only what ListStreams returned", n, all))
	}
	return len(failures) > 0
}
