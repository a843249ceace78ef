// Package doctor finds out what is wrong with a stream and with the access to
// it, and which IAM policy gives what a command needs.
//
// It promises that nothing is changed: a permission is tried by a dry run where
// the service has one, by a call that asks, or on a consumer that cannot be
// there; what cannot be tried so is not. It does not promise that a call which
// was allowed now is allowed later.
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

// Status is what came of a check.
type Status string

// The statuses. Warn and Fail are findings.
const (
	OK      Status = "OK"
	Warn    Status = "WARN"
	Fail    Status = "FAIL"
	Skipped Status = "SKIPPED" // it could not be made; the message says why
)

// Check is one thing that was looked at.
type Check struct {
	Name    string // of the thing, or of the API call that was tried
	Status  Status
	Message string // one line
	Advice  string // what to change; empty without a finding
}

// IsFinding says whether something is to be changed.
func (c Check) IsFinding() bool { return c.Status == Warn || c.Status == Fail }

// Report is what was found out about a stream.
type Report struct {
	Stream string // its name
	ARN    string // empty when it could not be found out
	// Summary is nil where the stream may not be described.
	Summary *types.StreamDescriptionSummary
	Checks  []Check // in the order they were made
}

// Findings is how many of the checks are findings.
func (r *Report) Findings() int {
	n := 0
	for _, c := range r.Checks {
		if c.IsFinding() {
			n++
		}
	}
	return n
}

// Client is what the doctor calls; service.Client is one. Its calls must be
// single attempts.
type Client interface {
	reader.Client
	efo.RegistryClient
	PutRecords(context.Context, *service.PutRecordsInput) (*service.PutRecordsOutput, error)
	SubscribeToShard(context.Context, *service.SubscribeToShardInput) (service.EventStream, error)
}

// Identity is who is calling.
type Identity struct {
	ARN, Account string
	Source       string // of the credentials, in words
}

// ErrNoSTS means that there is nobody to ask who is calling.
var ErrNoSTS = errors.New("no STS endpoint is known")

// Options say what is to be examined.
type Options struct {
	Stream           string // name or ARN; required
	Region, Endpoint string // of the client, for people
	// Foreign says that the endpoint is not AWS's, and may do what a dry run only
	// is to try.
	Foreign bool
	Needs   []Need // whose permissions are tried; none is all
	// ConsumerPrefix begins the names of consumers that runs register.
	ConsumerPrefix string
	// Identify asks who is calling; its error may be ErrNoSTS.
	Identify func(context.Context) (Identity, error)
	// Advise says what to do about a call that was refused because of who signed it, or
	// that a proxy refused; empty for other errors. nil knows of none.
	Advise func(error) string
	// Info is called with a line about calls that have failed, or have had no answer, for
	// 5 s; nil reports nothing.
	Info func(string)
	Log  *slog.Logger // nil discards
}

// Examine makes all checks. What they find is no error; errors are those of
// reader.ListShards for a stream that is not there, and of the context.
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

// examination is one Examine.
type examination struct {
	client Client
	o      Options
	stream record.Stream
	report *Report

	shards  []types.Shard // open ones; nil if they cannot be listed
	dryRuns bool          // the endpoint has answered one as one
	clock   clock
}

func (r *Report) add(name string, status Status, message, advice string) {
	r.Checks = append(r.Checks, Check{name, status, message, advice})
}

// advice is what to do about an error, or fallback where nobody knows.
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
	summary, err := reach(ctx, e, func(ctx context.Context) (*types.StreamDescriptionSummary, error) {
		out, err := e.client.DescribeStreamSummary(ctx, &service.DescribeStreamSummaryInput{StreamName: e.stream.ByName(), StreamARN: e.stream.ARN})
		if err != nil {
			return nil, e.callError("DescribeStreamSummary", err)
		}
		e.clock.take(out.ServerTime)
		if err := validate.Summary(e.o.Stream, out.StreamDescriptionSummary); err != nil {
			return nil, &service.CallError{Call: "DescribeStreamSummary", Stream: e.o.Stream, Err: err}
		}
		return out.StreamDescriptionSummary, nil
	})
	switch reading(err) {
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
	if !e.serves() { // and its calls are refused for that, whoever makes them
		e.clockCheck()
		e.streamCheck(err)
		e.tried("DescribeStreamSummary", err, Warn)
		return nil
	}
	shardsErr := e.listShards(ctx)
	if reading(shardsErr) == missing {
		return shardsErr
	}
	e.clockCheck()
	e.streamCheck(err)
	e.tried("DescribeStreamSummary", err, Warn)
	e.tried("ListShards", shardsErr, Fail)
	e.readCalls(ctx)
	e.writeCalls(ctx)
	consumers, at := e.consumerCalls(ctx)
	e.facts(consumers, at)
	return nil
}

// serves says whether the stream can be read and written, as far as is known.
func (e *examination) serves() bool {
	s := e.report.Summary
	return s == nil || s.StreamStatus == types.StreamStatusActive || s.StreamStatus == types.StreamStatusUpdating
}

// identify finds out whose credentials these are.
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
			e.report.ARN = arnIn(who, e.o.Region, e.report.Stream)
		}
	case errors.Is(err, ErrNoSTS):
		e.report.add("credentials", OK, strings.TrimSpace(from+"; kin does not know whose they are: "+ErrNoSTS.Error()), "")
	case reading(err) == unauthentic:
		e.report.add("credentials", Fail, brief(err), e.advice(err, "check the credentials: aws sts get-caller-identity"))
	case reading(err) == denied && strings.HasPrefix(service.Code(err), "AccessDenied"): // STS knows them
		e.report.add("credentials", OK, strings.TrimSpace(from+"; kin may not ask whose they are: "+brief(err)), "")
	default:
		e.report.add("credentials", Skipped, strings.TrimSpace(from+"; kin could not ask STS whose they are: "+brief(err)), "")
	}
}

// listShards lists all shards, as every reader does, so that what is wrong with
// closed ones shows too. It keeps those that are open.
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
	e.clock.take(service.RefusalTime(err))
	return &service.CallError{Call: call, Stream: e.o.Stream, Err: err}
}
