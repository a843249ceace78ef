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
		Short: "Check a stream and the access to it",
		Long: `Use it when a command fails and the reason is not clear, or before the first run
in a new account. It changes nothing.

kin checks the credentials, the region, the endpoint, the clock and each
permission that the commands need. Then it checks the stream: its state, shards,
retention, maximum record size, distribution of records, encryption and
consumers. It prints a line for each check: ok, warn or fail, and what to
change. skip means that kin cannot make this check without changing something,
or that the check needs the result of one that failed. The exit code is 1 if
something has to be changed.

kin tries GetShardIterator, GetRecords and PutRecords by dry runs. It makes the
List and Describe calls themselves. It tries DescribeStreamConsumer,
SubscribeToShard and DeregisterStreamConsumer on a consumer that cannot exist.
It does not try RegisterStreamConsumer, which would register a consumer that AWS
bills. If an endpoint has no dry run, kin does not try PutRecords either.

--need restricts the permissions to those for reading, tailing, writing or
enhanced fan-out. --policy prints the smallest IAM policy for one of these as
JSON, in place of all checks. The policy includes the stream's key if the stream
is encrypted with your own key.`,
		Example: `  # Check everything.
  kin doctor orders
  # Check only what reading needs.
  kin doctor orders --need read
  # Print the smallest IAM policy for enhanced fan-out.
  kin doctor orders --policy efo > policy.json`,
		Args:              consumerArguments(0, 0, ""),
		ValidArgsFunction: e.completeConsumers(0),
		RunE: func(c *cobra.Command, args []string) error {
			o.stream = args[0]
			if err := o.check(c.Flags()); err != nil {
				return err
			}
			return flags.OptionUsage(c, runDoctor(c.Context(), e, o))
		},
	}
	flags.AddReport(c, &o.output)
	o.addFlags(c.Flags())
	for _, name := range []string{"need", "policy"} {
		if err := c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(needNames(), cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic(err) // addFlags has just added the flag
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
	g := flags.GroupMain.In(f)
	g.Var(&o.needs, "need", flags.Help{
		Short: "check for read, tail, write, efo (repeatable)",
		Full:  "Check only the permissions that these need: read, tail, write or efo. It can be repeated.",
	})
	g.Var(&o.policy, "policy", flags.Help{
		Short: "print a policy for read, tail, write or efo",
		Full:  "Print the smallest IAM policy for read, tail, write or efo, and check nothing.",
	})
	g.Var(&o.prefix, "consumer-name-prefix", flags.Help{
		Short: "start of consumers' names", Value: "text",
		Full: "The start of the names of the consumers that kin registers. Checks and policies are about these.",
	})
}

// check refuses flags that contradict each other.
func (o *doctorOptions) check(f *pflag.FlagSet) error {
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
		return console.SilentError{Code: console.ExitFailed} // the report has the reasons
	}
	return nil
}

// examination turns the flags into doctor.Options.
func (o *doctorOptions) examination(e *env, client service.Client) (doctor.Options, error) {
	where, err := e.awsOptions(o.stream)
	if err != nil {
		return doctor.Options{}, err
	}
	endpoint := client.Endpoint
	outsideAWS := awsclient.IsOutsideAWS(endpoint)
	if endpoint == "" {
		endpoint = "the AWS endpoint of the region"
	}
	return doctor.Options{
		Stream: o.stream, Region: client.Region, Endpoint: endpoint, Foreign: outsideAWS,
		Needs: o.needs, ConsumerPrefix: string(o.prefix), Info: e.Info, Log: e.Log, Advise: console.Hint,
		Identify: func(ctx context.Context) (doctor.Identity, error) {
			who, err := awsclient.Identify(ctx, where, outsideAWS)
			if errors.Is(err, awsclient.ErrNoSTS) {
				err = doctor.ErrNoSTS
			}
			return doctor.Identity(who), err
		},
	}, nil
}

// policyText returns the policy of --policy.
func (o *doctorOptions) policyText(ctx context.Context, e *env, client service.Client, do doctor.Options) (string, error) {
	arn, summary, undescribed, err := doctor.Identified(ctx, client, do)
	if err != nil {
		return "", err
	}
	if summary == nil {
		e.Info("DescribeStreamSummary of " + o.stream + " " + reader.Unanswered(undescribed) + ": if the stream is encrypted, this policy lacks the permission for its KMS key")
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

// needValue is the value of --policy. The zero value is none.
type needValue doctor.Need

func (v *needValue) Set(s string) error {
	n, err := doctor.ParseNeed(s)
	*v = needValue(n)
	return err
}

func (v *needValue) String() string { return string(*v) }
func (v *needValue) Type() string   { return "need" }

// needsValue collects the values of --need, separated by commas or repeated.
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
