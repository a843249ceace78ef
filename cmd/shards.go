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
		Short: "Show a stream's shards, where keys lead, and which are hot",
		Long: `Show the shards of a stream that are retained, as a tree: each below the shard
that it was split or merged from. A merged shard has a + behind its ID and stands
below both its parents, below the second as a line that says where it is drawn. SHARE
is a shard's part of the hash key space, FROM where that begins; sequence numbers
are shortened, -o json has them whole.

--key tells which open shard the records of a partition key go to and, with
--at, which shard held it then, closed ones included. The service tells that for
the time that the stream retains; before, only for keys whose shard was never
split or merged (else exit 3). A stream with the record distribution strategy
AUTO puts records where it likes: there --key tells nothing, and exits with 1.

--rates reads what arrives in the open shards --for some seconds and shows, the
hottest first, how fast each is written, which part of its write limit that is
(1,000 records and 1 MiB a second, partition keys included), and its hottest
partition keys with the part of its bytes that each has at least; records inside
of KPL aggregates count with their own keys. For a shard that takes half of its
limit or more it tells the hash key at which a split parts its bytes evenly, or
that none does. It fetches each shard twice a second, and changes nothing.

It needs kinesis:ListShards, and --rates kinesis:GetShardIterator and
kinesis:GetRecords. With kinesis:DescribeStreamSummary it also tells the stream's
ARN and status and notices AUTO. When that call is allowed and fails, the report has
no such facts, and the exit code is 1.`,
		Example: `  kin shards orders
  kin shards orders --key ada --key grace --at 2h
  kin shards orders --rates --for 10s
  kin shards orders -o json | jq -r '.shards[] | select(.state == "OPEN").shardId'`,
		Args:              consumerArguments(0, 0, ""),
		ValidArgsFunction: e.completeConsumers(0),
		RunE: func(c *cobra.Command, args []string) error {
			o.stream = args[0]
			if err := o.parsed(c.Flags()); err != nil {
				return err
			}
			return flags.OptionUsage(c, runShards(c.Context(), e, o))
		},
	}
	report.AddFlag(c, &o.output)
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
	f.StringArrayVar(&o.keys, "key", nil, "print which shard the records of this partition `key` go to (repeatable)")
	f.Var(&o.at, "at", "with --key: which shard held it at a time, or so long ago")
	f.BoolVar(&o.rates, "rates", false, "sample what arrives: rates, hottest keys, and where to split a hot shard")
	f.Var(&o.span, "for", "with --rates: how long to sample")
}

// parsed refuses flags that mean nothing together.
func (o *shardsOptions) parsed(f *pflag.FlagSet) error {
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

// quotedStart is a text in quotes, cut where it is long.
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
			e.undescribed(s, "its ARN and status are not known")
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
		return console.SilentError{Code: console.ExitFailed} // it is reported
	}
	return nil
}

// undescribed reports why a stream has no summary, and what follows. A failure is an
// error: -q does not leave it out.
func (e *env) undescribed(s *survey.Stream, so string) {
	info := e.Print
	if survey.IsUnavailable(s.Undescribed) {
		info = e.Info
	}
	info("DescribeStreamSummary of " + s.Given + " " + reader.Unanswered(s.Undescribed) + ": " + so)
}

// keyReport is the report of --key.
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
			e.Info(fmt.Sprintf("%s: the service also names its parent %s for that time: the parent was split or merged at that moment, or this endpoint does not record when",
				report.Printable(k.PartitionKey), k.Ambiguous))
		}
	}
	if o.output == report.JSON {
		return report.JSONLine(report.KeysOf(found))
	}
	return report.KeysTable(report.NewPalette(e.Console), found), nil
}

// rateReport is the report of --rates.
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
