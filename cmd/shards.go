package cmd

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/report"
	"kin/internal/record"
	"kin/reader"
	"kin/survey"
)

func newShards(e *env) *cobra.Command {
	o := &shardsOptions{span: flags.Span{Duration: flags.Duration(5 * time.Second)}}
	c := &cobra.Command{
		Use:   "shards STREAM",
		Short: "Print a stream's shards, the shard of a key, and hot shards",
		Long: `Use it to see how a stream was split and merged, to find the shard of a
partition key (--key), or to find hot shards and keys (--rates).

Without these flags kin prints the retained shards as a tree. Each shard is
below the shard that it was split or merged from. A merged shard has a + after
its ID. It is drawn below one of its parents; a line below the other parent
names the first. SHARE is the shard's part of the hash key space, and FROM is
the start of that part. Sequence numbers are shortened; -o json prints them
whole.

--key prints the open shard that the records of a partition key go to. With --at
it prints the shard that held the key at that time, even if it is closed now.
The service keeps closed shards for the retention period. For an earlier time
kin can answer only if the key's oldest retained shard is not the child of a
split or merge. If kin cannot answer, the exit code is 3. A stream with the
record distribution strategy AUTO puts records into any shard: for such a stream
--key prints no shard, and the exit code is 1.

--rates reads what arrives in the open shards, for the time of --for. It prints
the hottest shards first: how fast each is written, its share of the write limit
(1,000 records and 1 MiB a second, partition keys included), and its hottest
partition keys with a lower bound of each key's share of the shard's bytes.
Records in KPL aggregates count with their own keys. For a shard at half of its
limit or more kin prints the hash key at which a split halves the shard's bytes.
If no such hash key exists, kin reports that. It fetches each shard twice a
second, and changes nothing.

It needs kinesis:ListShards, and for --rates kinesis:GetShardIterator and
kinesis:GetRecords. With kinesis:DescribeStreamSummary it also prints the
stream's ARN and status, and notices AUTO. If that call fails for another reason
than denied access, the report lacks these facts, and the exit code is 1.`,
		Example: `  # Print the shards as a tree.
  kin shards orders
  # Print the shard that held a key two hours ago.
  kin shards orders --key ada --at 2h
  # Sample for ten seconds, and print the hottest shards first.
  kin shards orders --rates --for 10s`,
		Args:              consumerArguments(0, 0, ""),
		ValidArgsFunction: e.completeConsumers(0),
		RunE: func(c *cobra.Command, args []string) error {
			o.stream = args[0]
			if err := o.check(c.Flags()); err != nil {
				return err
			}
			return flags.OptionUsage(c, runShards(c.Context(), e, o))
		},
	}
	flags.AddReport(c, &o.output)
	o.addFlags(c.Flags())
	e.connection.AddFlags(c.Flags())
	return c
}

type shardsOptions struct {
	stream string
	output report.Form
	keys   []string
	at     flags.Bound
	rates  bool
	span   flags.Span
}

func (o *shardsOptions) addFlags(f *pflag.FlagSet) {
	g := flags.GroupMain.In(f)
	g.Strings(&o.keys, "key", flags.Help{
		Short: "print the shard of this partition key (repeatable)", Value: "key",
		Full: "Print the shard that the records of this partition key go to. It can be repeated.",
	})
	g.Var(&o.at, "at", flags.Help{
		Short: "with --key: print the shard at a time or age",
		Full:  "With --key, print the shard that held the key at a time such as 2026-11-22T10:00:00Z, or an age such as 15m ago.",
	})
	g.Bool(&o.rates, "rates", flags.Help{
		Short: "sample what arrives: rates, hot keys, where to split",
		Full:  "Sample what arrives, and print the rate of each shard, its hottest keys, and where to split a hot shard.",
	})
	g.Var(&o.span, "for", flags.Help{
		Short: "with --rates: sample for this long",
		Full:  "With --rates, sample for this long.",
	})
}

// check refuses flags that contradict each other.
func (o *shardsOptions) check(f *pflag.FlagSet) error {
	if record.ParseStream(o.stream).Name == "" {
		return console.Usage("%q: want the name or ARN of one stream", o.stream)
	}
	switch {
	case f.Changed("at") && len(o.keys) == 0:
		return console.Usage("--at needs --key")
	case f.Changed("for") && !o.rates:
		return console.Usage("--for needs --rates")
	case o.rates && len(o.keys) > 0:
		return console.Usage("--rates and --key are two reports: want one of them")
	}
	for _, key := range o.keys {
		if !flags.IsKey(key) {
			return console.Usage("--key %s: want a partition key of 1 to 256 characters in valid UTF-8", quotedStart(key))
		}
	}
	return nil
}

// quotedStart quotes a text, and cuts a long one.
func quotedStart(s string) string {
	if r := []rune(s); len(r) > 20 {
		return fmt.Sprintf("%q...", string(r[:20]))
	}
	return fmt.Sprintf("%q", s)
}

func runShards(ctx context.Context, e *env, o *shardsOptions) error {
	failed := false
	if err := report.Print(ctx, e.Console, func(ctx context.Context) (string, error) {
		client, err := e.kinesis(ctx, o.stream)
		if err != nil {
			return "", err
		}
		asker := reader.NewAsker(client, e.Info, e.Log)
		s, err := survey.LookAt(ctx, asker, o.stream)
		if err != nil {
			return "", err
		}
		failed = s.Undescribed != nil && !survey.IsUnavailable(s.Undescribed)
		if len(o.keys) > 0 {
			return o.keyReport(ctx, e, asker, s)
		}
		switch {
		case s.Summary == nil:
			e.undescribed(s, "kin does not know the stream's ARN and status")
		case s.Summary.StreamStatus != types.StreamStatusActive:
			e.Info(fmt.Sprintf("%s is %s", o.stream, s.Summary.StreamStatus))
		}
		if o.rates {
			return o.rateReport(ctx, e, client, s)
		}
		if o.output == report.JSON {
			return report.JSONLine(report.ShardsOf(s, nil))
		}
		return report.ShardsTable(report.NewPalette(e.Console), console.TerminalWidth(e.Out), s), nil
	}); err != nil {
		return err
	}
	if failed {
		return console.SilentError{Code: console.ExitFailed} // the reason is printed already
	}
	return nil
}

// undescribed prints that a stream has no summary, and the consequence. A failure of the
// call is also printed with -q; a missing permission is not.
func (e *env) undescribed(s *survey.Stream, consequence string) {
	info := e.Print
	if survey.IsUnavailable(s.Undescribed) {
		info = e.Info
	}
	info("DescribeStreamSummary of " + s.Given + " " + reader.Unanswered(s.Undescribed) + ": " + consequence)
}

// keyReport returns the report of --key.
func (o *shardsOptions) keyReport(ctx context.Context, e *env, asker *reader.Asker, s *survey.Stream) (string, error) {
	if s.Summary == nil {
		e.undescribed(s, "kin assumes that records are in the shards of their hash keys")
	}
	var found []survey.Key
	var err error
	if at := record.Position(o.at); at.Kind == record.Latest {
		found, err = s.Keys(o.keys)
	} else {
		found, err = s.KeysAt(ctx, asker, o.keys, at)
	}
	if err != nil {
		return "", err
	}
	for _, k := range found {
		if k.Ambiguous != "" {
			e.Info(fmt.Sprintf("%s: for that time the service also lists the parent shard %s; either this parent was split or merged at that moment, or the endpoint does not record the times of splits and merges",
				report.Printable(k.PartitionKey), k.Ambiguous))
		}
	}
	if o.output == report.JSON {
		return report.JSONLine(report.KeysOf(found))
	}
	return report.KeysTable(report.NewPalette(e.Console), found), nil
}

// rateReport returns the report of --rates.
func (o *shardsOptions) rateReport(ctx context.Context, e *env, client reader.Client, s *survey.Stream) (string, error) {
	span := time.Duration(o.span.Duration)
	e.Detail(fmt.Sprintf("sampling %s for %s", o.stream, o.span.String()))
	rates, err := s.Sample(ctx, client, survey.SampleOptions{For: span, Info: e.Info, Log: e.Log})
	if err != nil {
		return "", err
	}
	if o.output == report.JSON {
		return report.JSONLine(report.ShardsOf(s, rates))
	}
	return report.RatesTable(report.NewPalette(e.Console), console.TerminalWidth(e.Out), s, rates), nil
}
