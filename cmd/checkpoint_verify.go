package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"kin/cmd/internal/flags"
	"kin/cmd/internal/report"
	"kin/inspect"
	"kin/internal/checkpoint"
	"kin/internal/words"
)

func newCheckpointVerify(e *env) *cobra.Command {
	o := &checkpointVerifyOptions{streams: wantStreams()}
	c := &cobra.Command{
		Use:   "verify FILE",
		Short: "Compare a checkpoint file with the live streams",
		Long: `Use it before you resume from an old checkpoint, or in a scheduled check. It
reads no record, takes no lock and changes nothing.

The exit code is 6 if a run that resumes from the file would fail or skip
records. The findings are:

  RECREATED      The stream was deleted and created again.
  TRIMMED        Unread records may be gone: the checkpoint did not move for
                 longer than the stream retains its records.
  UNKNOWN_SHARD  The stream never had a shard with this ID.
  NOT_ENDED      The file says that a shard was read to its end, but the shard
                 is open.
  REFUSED        The service does not accept the sequence number.

It needs kinesis:ListShards and kinesis:GetShardIterator, and
kinesis:DescribeStreamSummary for the first two findings. If kin cannot check
one of these, because the summary or the file lacks a value, it names the check
and the reason. The exit code is then 1 unless kin found something. For a stream
of another account, give its ARN with --stream.`,
		Example: `  # Check all streams of the file.
  kin checkpoint verify orders.ckpt
  # Print the findings as JSON.
  kin checkpoint verify orders.ckpt -o json | jq '.streams[].findings'
  # Check two of its streams.
  kin checkpoint verify all.ckpt --stream orders --stream payments`,
		Args: fileArgument,
		RunE: func(c *cobra.Command, args []string) error {
			o.path = args[0]
			return runCheckpointVerify(c.Context(), e, o)
		},
	}
	flags.GroupMain.In(c.Flags()).Var(&o.streams, "stream", flags.Help{
		Short: "verify only these streams of the file", Value: "streams", Default: "all",
		Full: "Verify only these streams of the file, by name or ARN.",
	})
	flags.AddReport(c, &o.output)
	e.connection.AddFlags(c.Flags())
	return c
}

type checkpointVerifyOptions struct {
	path    string
	streams flags.Texts
	output  report.Form
}

func runCheckpointVerify(ctx context.Context, e *env, o *checkpointVerifyOptions) error {
	view := checkpoint.NewView(o.path)
	f, err := view.Load(ctx)
	if err != nil {
		return err
	}
	streams, err := streamsIn(o.path, f, o.streams.List)
	if err != nil {
		return err
	}
	client, err := e.kinesis(ctx, regionHints(f, streams)...)
	if err != nil {
		return err
	}
	l, err := inspect.NewLagMeter(client, inspect.LagMeterOptions{Streams: streams, Positions: view, Info: e.Info, Detail: e.Detail, Log: e.Log})
	if err != nil {
		return err
	}
	var checks []inspect.StreamCheck
	if err := report.Print(ctx, e.Console, func(ctx context.Context) (string, error) {
		if checks, err = l.Verify(ctx); err != nil {
			return "", err
		}
		return o.report(report.NewPalette(e.Console), checks)
	}); err != nil {
		return err
	}
	for _, c := range checks {
		for _, line := range unseenLines(c.Unseen) {
			e.Info(line)
		}
	}
	return o.result(checks)
}

// verifyReport is the output of kin checkpoint verify -o json.
type verifyReport struct {
	Path    string         `json:"path"`
	Streams []verifyStream `json:"streams"`
}

type verifyStream struct {
	StreamName    string          `json:"streamName"`
	StreamARN     string          `json:"streamARN,omitempty"`
	ShardCount    int             `json:"shardCount"`
	NewShardCount int             `json:"newShardCount"`
	Usable        bool            `json:"usable"`
	Findings      []verifyFinding `json:"findings"`
	Unseen        []inspect.Fault `json:"unseen,omitempty"` // checks that were not possible; messages give the reason
}

type verifyFinding struct {
	Fault   inspect.Fault `json:"fault"`
	ShardID string        `json:"shardId,omitempty"`
	Message string        `json:"message"`
}

func (o *checkpointVerifyOptions) report(p report.Palette, checks []inspect.StreamCheck) (string, error) {
	if o.output != report.JSON {
		return verifyTable(p, checks), nil
	}
	r := verifyReport{Path: o.path}
	for _, c := range checks {
		s := verifyStream{c.Stream, c.ARN, c.Shards, c.New, len(c.Findings) == 0, []verifyFinding{}, nil}
		for _, u := range c.Unseen {
			s.Unseen = append(s.Unseen, u.Fault)
		}
		for _, f := range c.Findings {
			s.Findings = append(s.Findings, verifyFinding{f.Fault, f.ShardID, f.Message})
		}
		r.Streams = append(r.Streams, s)
	}
	return report.JSONLine(r)
}

// verifyTable returns a line for each stream, and below it one for each finding.
func verifyTable(p report.Palette, checks []inspect.StreamCheck) string {
	var b strings.Builder
	for _, c := range checks {
		verdict := p.Good.Render("usable")
		switch {
		case len(c.Findings) > 0:
			verdict = p.Passing.Render("not usable")
		case len(c.Unseen) > 0:
			verdict = p.Good.Render("usable as far as kin could check")
		}
		fmt.Fprintf(&b, "%s: %s, %s in the checkpoint, %d new\n", c.Stream, verdict, words.Count(int64(c.Shards), "shard"), c.New)
		for _, f := range c.Findings {
			fmt.Fprintf(&b, "  %-13s  %s\n", f.Fault, f.Message)
		}
	}
	return b.String()
}

// unseenLines returns messages about the checks that were not possible.
func unseenLines(unseen []inspect.Unseen) []string {
	const recreated, expired = "whether the stream was deleted and created again", "whether records expired before they were read"
	line := func(reason, what string) string { return reason + ": kin did not check " + what }
	if len(unseen) == 2 && unseen[0].Reason == unseen[1].Reason {
		return []string{line(unseen[0].Reason, recreated+", nor "+expired)}
	}
	var lines []string
	for _, u := range unseen {
		what := expired
		if u.Fault == inspect.Recreated {
			what = recreated
		}
		lines = append(lines, line(u.Reason, what))
	}
	return lines
}

// incompleteCheckError means that kin found nothing, but could not make every check.
type incompleteCheckError struct{ path string }

func (e *incompleteCheckError) Error() string {
	return fmt.Sprintf("checkpoint %s is not verified: kin found no fault, but could not make every check", e.path)
}

// Hint returns the next step.
func (e *incompleteCheckError) Hint() string {
	return "the messages above name what is missing; kin doctor STREAM --policy read prints a policy that allows DescribeStreamSummary"
}

// result returns the error of the command. If there are findings, the exit code is 6, and
// the hint is about the most serious one. If a check was not possible, the exit code is 1.
func (o *checkpointVerifyOptions) result(checks []inspect.StreamCheck) error {
	found := 0
	faults := map[inspect.Fault]bool{}
	for _, c := range checks {
		for _, f := range c.Findings {
			found++
			faults[f.Fault] = true
		}
	}
	if found == 0 {
		if slices.ContainsFunc(checks, func(c inspect.StreamCheck) bool { return len(c.Unseen) > 0 }) {
			return &incompleteCheckError{o.path}
		}
		return nil
	}
	next := "kin checkpoint reset " + o.path + " --to POSITION changes its positions"
	switch {
	case faults[inspect.Recreated]:
		next = "positions of one stream mean nothing in another: delete the checkpoint file and run again; kin then begins at --from (default latest)"
	case len(faults) == 1 && faults[inspect.Trimmed]:
		next = "--allow-data-loss resumes from the oldest retained record; kin checkpoint reset sets another position"
	}
	return &checkpoint.UnusableError{Path: o.path, Reason: words.Count(int64(found), "finding"), Next: next}
}
