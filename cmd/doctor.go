package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/cmd/internal/report"
	"kin/doctor"
	"kin/internal/awsclient"
	"kin/internal/record"
	"kin/internal/service"
	"kin/reader"
)

func newDoctor(e *env) *cobra.Command {
	o := &doctorOptions{prefix: "kin_"}
	c := &cobra.Command{
		Use:   "doctor STREAM",
		Short: "Find out what is wrong with a stream and the access to it",
		Long: `Check the credentials, the region, the endpoint, the clock, each permission that
the commands need, and the stream: its state, shards, retention, largest record,
distribution of records, encryption and consumers. It prints a line for each
check: ok, warn or fail, and what to change. skip means that kin cannot check it
without changing something, or that it depends on a check that found something
missing. The exit code is 1 if something has to be changed.

Nothing is changed. GetShardIterator, GetRecords and PutRecords are tried by dry
runs, the calls that list and describe by making them, and DescribeStreamConsumer,
SubscribeToShard and DeregisterStreamConsumer on a consumer that cannot be there.
RegisterStreamConsumer is not tried: it would register one, which is billed.
Where an endpoint does not know dry runs, PutRecords is not tried either.

--need restricts the permissions to those of reading, tailing, writing or enhanced
fan-out. --policy prints, in place of all that, the smallest IAM policy for one of
these as JSON; with the stream's key, where it is encrypted with one of your own.`,
		Example: `  kin doctor orders
  kin doctor orders --need read -o json | jq -r '.checks[] | select(.status == "FAIL").check'
  kin doctor orders --policy efo > policy.json`,
		Args:              consumerArguments(0, 0, ""),
		ValidArgsFunction: e.completeConsumers(0),
		RunE: func(c *cobra.Command, args []string) error {
			o.stream = args[0]
			if err := o.parsed(c.Flags()); err != nil {
				return err
			}
			return flags.OptionUsage(c, runDoctor(c.Context(), e, o))
		},
	}
	report.AddFlag(c, &o.output)
	o.addFlags(c.Flags())
	for _, name := range []string{"need", "policy"} {
		if err := c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(needNames(), cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic(err) // a flag that was not added the line before
		}
	}
	e.connection.AddFlags(c.Flags())
	return c
}

type doctorOptions struct {
	stream string
	output report.Form
	needs  needsValue
	policy needValue
	prefix flags.ConsumerPrefix
}

func (o *doctorOptions) addFlags(f *pflag.FlagSet) {
	f.Var(&o.needs, "need", "try the permissions of these only: read, tail, write, efo (repeatable)")
	f.Var(&o.policy, "policy", "print the smallest IAM policy for this and check nothing: read, tail, write or efo")
	f.Var(&o.prefix, "consumer-name-prefix", "what the names of consumers begin with that kin registers")
}

// parsed refuses flags that mean nothing together.
func (o *doctorOptions) parsed(f *pflag.FlagSet) error {
	switch {
	case record.ParseStream(o.stream).Name == "":
		return console.Usage("%q: want the name or ARN of one stream", o.stream)
	case o.policy != "" && f.Changed("output") && o.output != report.JSON:
		return console.Usage("--output %s: a policy is JSON", o.output.String())
	}
	return nil
}

func runDoctor(ctx context.Context, e *env, o *doctorOptions) error {
	var found *doctor.Report
	if err := report.Print(ctx, e.Console, func(ctx context.Context) (text string, err error) {
		client, err := e.kinesis(ctx, o.stream)
		if err != nil {
			return "", err
		}
		do, err := o.examination(e, client)
		if err != nil {
			return "", err
		}
		if o.policy != "" {
			return o.policyText(ctx, e, client, do)
		}
		if found, err = doctor.Examine(ctx, client, do); err != nil {
			return "", err
		}
		if o.output == report.JSON {
			return report.JSONLine(report.DoctorOf(found))
		}
		return report.DoctorLines(report.NewPalette(e.Console), found), nil
	}); err != nil {
		return err
	}
	if found != nil && found.Findings() > 0 {
		return console.SilentError{Code: console.ExitFailed} // the report has said it
	}
	return nil
}

// examination turns the flags into the core's options.
func (o *doctorOptions) examination(e *env, client service.Client) (doctor.Options, error) {
	where, err := e.awsOptions(o.stream)
	if err != nil {
		return doctor.Options{}, err
	}
	endpoint := client.Endpoint
	foreign := awsclient.IsOutsideAWS(endpoint)
	if endpoint == "" {
		endpoint = "AWS's for the region"
	}
	return doctor.Options{
		Stream: o.stream, Region: client.Region, Endpoint: endpoint, Foreign: foreign,
		Needs: o.needs, ConsumerPrefix: string(o.prefix), Info: e.Info, Log: e.Log, Advise: console.Advice,
		Identify: func(ctx context.Context) (doctor.Identity, error) {
			who, err := awsclient.Identify(ctx, where, foreign)
			if errors.Is(err, awsclient.ErrNoSTS) {
				err = doctor.ErrNoSTS
			}
			return doctor.Identity(who), err
		},
	}, nil
}

// policyText is the policy that --policy asks for.
func (o *doctorOptions) policyText(ctx context.Context, e *env, client service.Client, do doctor.Options) (string, error) {
	arn, summary, undescribed, err := doctor.Identified(ctx, client, do)
	if err != nil {
		return "", err
	}
	if summary == nil {
		e.Info("DescribeStreamSummary of " + o.stream + " " + reader.Unanswered(undescribed) + ": an encrypted stream needs more than this policy has")
	}
	if doctor.Need(o.policy) == doctor.NeedEFO {
		e.Info(fmt.Sprintf("the policy is for consumers whose names begin with %q; --consumer-name-prefix changes that", string(o.prefix)))
	}
	policy, err := doctor.NewPolicy(doctor.Need(o.policy), arn, string(o.prefix), summary)
	if err != nil {
		return "", err
	}
	return report.IndentedJSON(policy)
}

// needValue is one need; its zero value is none.
type needValue doctor.Need

func (v *needValue) Set(s string) error {
	n, err := doctor.ParseNeed(s)
	*v = needValue(n)
	return err
}

func (v *needValue) String() string { return string(*v) }
func (v *needValue) Type() string   { return "need" }

// needsValue is any number of them, separated by commas too.
type needsValue []doctor.Need

func (v *needsValue) Set(s string) error {
	for one := range strings.SplitSeq(s, ",") {
		n, err := doctor.ParseNeed(strings.TrimSpace(one))
		if err != nil {
			return err
		}
		if !slices.Contains(*v, n) {
			*v = append(*v, n)
		}
	}
	return nil
}

func (v *needsValue) String() string {
	names := make([]string, len(*v))
	for i, n := range *v {
		names[i] = string(n)
	}
	return strings.Join(names, ",")
}

func (v *needsValue) Type() string { return "need" }

func needNames() []string {
	var names []string
	for _, n := range doctor.Needs() {
		names = append(names, string(n))
	}
	return names
}
