// Package doctor checks a stream and the access to it, and builds the IAM policy that a command
// needs.
//
// It changes nothing. It tries a permission with a dry run, with a call that only reads, or on a
// consumer that does not exist. Other permissions are not tried. A call that is allowed now may be
// denied later.
package doctor

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/efo"
	"kin/internal/record"
	"kin/internal/service"
	"kin/internal/validate"
	"kin/reader"
)

// Status is the result of a check.
type Status string

// The statuses. Warn and Fail are findings.
const (
	OK      Status = "OK"
	Warn    Status = "WARN"
	Fail    Status = "FAIL"
	Skipped Status = "SKIPPED" // the check was not possible; the message has the reason
)

// Check is one check and its result.
type Check struct {
	Name    string // of the checked thing or API call
	Status  Status
	Message string // one line
	Advice  string // what to change; empty without a finding
}

// IsFinding reports whether the status is Warn or Fail.
func (c Check) IsFinding() bool { return c.Status == Warn || c.Status == Fail }

// Report is the result of all checks of a stream.
type Report struct {
	Stream string // its name
	ARN    string // empty if unknown
	// Summary is nil if the stream could not be described.
	Summary *types.StreamDescriptionSummary
	Checks  []Check // in the order of the checks
}

// Findings returns the number of findings.
func (r *Report) Findings() int {
	n := 0
	for _, c := range r.Checks {
		if c.IsFinding() {
			n++
		}
	}
	return n
}

// Client has the calls of the doctor; service.Client implements it. Each call must be a single
// attempt.
type Client interface {
	reader.Client
	efo.RegistryClient
	PutRecords(context.Context, *service.PutRecordsInput) (*service.PutRecordsOutput, error)
	SubscribeToShard(context.Context, *service.SubscribeToShardInput) (service.EventStream, error)
}

// Identity is the caller.
type Identity struct {
	ARN, Account string
	Source       string // of the credentials, in words
}

// ErrNoSTS means that the caller is unknown, because no STS endpoint is known.
var ErrNoSTS = errors.New("no STS endpoint is known")

// Options configure Examine.
type Options struct {
	Stream           string // name or ARN; required
	Region, Endpoint string // of the client, for messages
	// Foreign: the endpoint is not AWS. It may ignore the DryRun flag and make the call.
	Foreign bool
	Needs   []Need // tries only the permissions of these needs; empty is all
	// ConsumerPrefix is the prefix of the consumers that kin registers.
	ConsumerPrefix string
	// Identify returns the caller; its error may be ErrNoSTS. Required.
	Identify func(context.Context) (Identity, error)
	// Advise returns the next step after an error about the credentials or from a proxy; empty for
	// other errors. A nil Advise has no advice.
	Advise func(error) string
	// Info is called with a message if a call has failed or has had no answer for 5 s; nil reports
	// nothing.
	Info func(string)
	Log  *slog.Logger // nil discards
}

// Examine makes all checks. Findings are not errors. Errors are those of reader.ListShards for a
// missing stream, those of the context, and *record.OptionError.
func Examine(ctx context.Context, client Client, o Options) (*Report, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	stream := record.ParseStream(o.Stream)
	e := &examination{client: client, o: o, stream: stream, report: &Report{Stream: stream.Name, ARN: stream.ARN}}
	if e.report.Stream == "" {
		return nil, &record.OptionError{Field: "stream", Want: "the name or ARN of one stream"}
	}
	err := e.run(ctx)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return e.report, err
}

// examination is the state of one Examine.
type examination struct {
	client Client
	o      Options
	stream record.Stream
	report *Report

	shards  []types.Shard // the open shards; nil if they cannot be listed
	dryRuns bool          // the endpoint supports dry runs
	clock   clock
}

func (r *Report) add(name string, status Status, message, advice string) {
	r.Checks = append(r.Checks, Check{name, status, message, advice})
}

// advice returns the advice of Options.Advise for an error; if there is none, fallback.
func (e *examination) advice(err error, fallback string) string {
	if e.o.Advise != nil {
		if text := e.o.Advise(err); text != "" {
			return text
		}
	}
	return fallback
}

func (e *examination) run(ctx context.Context) error {
	e.identify(ctx)
	e.report.add("region", OK, e.o.Region, "")
	summary, err := withRetries(ctx, e, func(ctx context.Context) (*types.StreamDescriptionSummary, error) {
		out, err := e.client.DescribeStreamSummary(ctx, &service.DescribeStreamSummaryInput{StreamName: e.stream.ByName(), StreamARN: e.stream.ARN})
		if err != nil {
			return nil, e.callError("DescribeStreamSummary", err)
		}
		e.clock.noteDate(out.ServerTime)
		if err := validate.Summary(e.o.Stream, out.StreamDescriptionSummary); err != nil {
			return nil, &service.CallError{Call: "DescribeStreamSummary", Stream: e.o.Stream, Err: err}
		}
		return out.StreamDescriptionSummary, nil
	})
	switch classify(err) {
	case missing:
		return err
	case unreachable:
		e.report.add("endpoint", Fail, e.o.Endpoint+": "+brief(err), e.advice(err, "check the network, --region and --endpoint (AWS_ENDPOINT_URL_KINESIS)"))
		return nil
	case unauthentic:
		e.report.add("endpoint", OK, e.o.Endpoint, "")
		e.clockCheck()
		e.report.add("signature", Fail, brief(err), e.advice(err, "check the credentials: aws sts get-caller-identity"))
		return nil
	}
	e.report.add("endpoint", OK, e.o.Endpoint, "")
	e.report.Summary = summary
	if summary != nil && aws.ToString(summary.StreamARN) != "" {
		e.report.ARN = *summary.StreamARN
	}
	if !e.isUsable() { // all calls would fail because of the state of the stream
		e.clockCheck()
		e.streamCheck(err)
		e.addPermission("DescribeStreamSummary", err, Warn)
		return nil
	}
	shardsErr := e.listShards(ctx)
	if classify(shardsErr) == missing {
		return shardsErr
	}
	e.clockCheck()
	e.streamCheck(err)
	e.addPermission("DescribeStreamSummary", err, Warn)
	e.addPermission("ListShards", shardsErr, Fail)
	e.readCalls(ctx)
	e.writeCalls(ctx)
	consumers, at := e.consumerCalls(ctx)
	e.facts(consumers, at)
	return nil
}

// isUsable reports whether the stream can be read and written, as far as is known.
func (e *examination) isUsable() bool {
	s := e.report.Summary
	return s == nil || s.StreamStatus == types.StreamStatusActive || s.StreamStatus == types.StreamStatusUpdating
}

// identify checks the credentials.
func (e *examination) identify(ctx context.Context) {
	who, err := e.o.Identify(ctx)
	from := ""
	if who.Source != "" {
		from = "from " + who.Source
	}
	switch {
	case err == nil:
		e.report.add("credentials", OK, strings.TrimSpace(who.ARN+", "+from), "")
		if e.report.ARN == "" {
			e.report.ARN = accountStreamARN(who, e.o.Region, e.report.Stream)
		}
	case errors.Is(err, ErrNoSTS):
		e.report.add("credentials", OK, strings.TrimSpace(from+"; the caller is unknown: "+ErrNoSTS.Error()), "")
	case classify(err) == unauthentic:
		e.report.add("credentials", Fail, brief(err), e.advice(err, "check the credentials: aws sts get-caller-identity"))
	case classify(err) == denied && strings.HasPrefix(service.Code(err), "AccessDenied"): // STS accepted the credentials
		e.report.add("credentials", OK, strings.TrimSpace(from+"; the caller is unknown, because sts:GetCallerIdentity is not allowed: "+brief(err)), "")
	default:
		e.report.add("credentials", Skipped, strings.TrimSpace(from+"; the caller is unknown, because the call to STS failed: "+brief(err)), "")
	}
}

// listShards lists all shards, as every reader does, so that invalid closed shards show too. It
// stores the open ones.
func (e *examination) listShards(ctx context.Context) error {
	listed, err := reader.ListShards(ctx, reader.NewAsker(e.client, e.o.Info, e.o.Log), e.o.Stream, nil)
	if err != nil {
		return err
	}
	e.shards = slices.DeleteFunc(listed.Shards, func(s types.Shard) bool {
		return s.SequenceNumberRange != nil && s.SequenceNumberRange.EndingSequenceNumber != nil
	})
	return nil
}

func (e *examination) callError(call string, err error) error {
	e.clock.noteDate(service.RefusalTime(err))
	return &service.CallError{Call: call, Stream: e.o.Stream, Err: err}
}
