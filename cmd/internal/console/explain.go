package console

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/aws/smithy-go"

	"kin/internal/awsclient"
	"kin/internal/paging"
	"kin/internal/record"
	"kin/internal/service"
)

// Explanation is an error in the form in which kin reports it.
type Explanation struct {
	Message string
	Hint    string // what to do next; may be empty
	Code    int
}

// Explain looks for errors of the core packages that have these methods, and for
// smithy.APIError.
type (
	// wrongUsage is an invalid combination of options or files.
	wrongUsage interface {
		WrongUsage() bool
		Hint() string
	}
	// streamError is an error about one stream. StreamName returns the stream as the user
	// named it.
	streamError interface{ StreamName() string }
	// GaveUp marks the error of a call that kin no longer retries.
	GaveUp interface{ GaveUp() bool }
	// unusable is a checkpoint that cannot be used. Hint returns the next step.
	unusable interface {
		Unusable() bool
		Hint() string
	}
	// held is a resource that another run holds.
	held interface{ Held() bool }
	// notFound is an object that does not exist, if no API error reports that.
	notFound interface {
		NotFound() bool
		Hint() string
	}
	// Advised is an error with a hint about what to do next.
	Advised interface{ Hint() string }
)

// Explainer turns errors into explanations.
type Explainer struct {
	Region string // the client's
	// Streams lists the names of the account's streams. It is nil if there is no client.
	Streams func(context.Context) ([]string, error)
	// FlagOrigins appends to a hint where the flags in the message were set, unless on the
	// command line. ConnectionOrigins does the same for region, endpoint and profile.
	FlagOrigins, ConnectionOrigins func(message, hint string) string
}

// Explain turns an error into message, hint and exit code. It checks error types and the
// service's error codes, never texts.
func (e *Explainer) Explain(ctx context.Context, err error) Explanation {
	var (
		bad         *UsageError
		wrong       wrongUsage
		condition   *ConditionError
		credentials *awsclient.CredentialsError
		role        *awsclient.RoleError
		config      *awsclient.ConfigError
		proxy       *awsclient.ProxyError
		api         smithy.APIError
		checkpoint  unusable
		locked      held
		gaveUp      GaveUp
		missing     notFound
		advised     Advised
		path        *fs.PathError
	)
	text := err.Error()
	switch {
	case errors.As(err, &bad):
		return Explanation{bad.Message, e.FlagOrigins(bad.Message, bad.Hint), ExitUsage}
	case errors.As(err, &wrong) && wrong.WrongUsage():
		return Explanation{text, e.FlagOrigins(text, wrong.Hint()), ExitUsage}
	case errors.As(err, &condition):
		return Explanation{condition.Message, "", ExitCondition}
	case errors.Is(err, awsclient.ErrNoRegion):
		return Explanation{"no AWS region", "give --region, set AWS_REGION, or name the stream by its ARN", ExitUsage}
	case errors.As(err, &proxy):
		return afterRetries(err, Explanation{text, proxyHint(proxy), ExitFailed})
	case errors.As(err, &role):
		return afterRetries(err, explainRole(err, role))
	case errors.As(err, &credentials):
		return afterRetries(err, explainCredentials(credentials))
	case errors.As(err, &config):
		return Explanation{text, e.ConnectionOrigins(text, config.Hint()), ExitUsage}
	case errors.As(err, &checkpoint) && checkpoint.Unusable():
		return Explanation{text, checkpoint.Hint(), ExitCheckpoint}
	case errors.As(err, &locked) && locked.Held():
		if errors.As(err, &advised) {
			return Explanation{text, advised.Hint(), ExitHeld}
		}
		return Explanation{text, "wait for that run to end, or give this one a checkpoint of its own", ExitHeld}
	case errors.As(err, &gaveUp) && gaveUp.GaveUp():
		if errors.As(err, &advised) && advised.Hint() != "" {
			return Explanation{text, advised.Hint(), ExitGaveUp}
		}
		return Explanation{text, reachHint(err), ExitGaveUp}
	case errors.As(err, &missing) && missing.NotFound():
		return Explanation{text, missing.Hint(), ExitNotFound}
	case errors.As(err, &api):
		return e.explainAPI(ctx, err, api)
	case errors.As(err, &advised):
		return Explanation{text, advised.Hint(), ExitFailed}
	case errors.As(err, &path):
		return Explanation{fmt.Sprintf("%s %s: %s", path.Op, path.Path, path.Err), "", ExitFailed}
	}
	return Explanation{text, "", ExitFailed}
}

// afterRetries replaces the message and the exit code of x if err is the end of retries.
func afterRetries(err error, x Explanation) Explanation {
	var gaveUp GaveUp
	if errors.As(err, &gaveUp) && gaveUp.GaveUp() {
		x.Message, x.Code = err.Error(), ExitGaveUp
	}
	return x
}

// explainAPI explains an error response of the service by its error code.
func (e *Explainer) explainAPI(ctx context.Context, err error, api smithy.APIError) Explanation {
	if x, ok := explainRefused(err); ok {
		return x
	}
	name := ""
	var of streamError
	if errors.As(err, &of) {
		name = of.StreamName()
	}
	switch code := api.ErrorCode(); service.ClassOfCode(code) {
	case service.Missing:
		if name == "" {
			return Explanation{err.Error(), "", ExitNotFound}
		}
		return Explanation{
			fmt.Sprintf("stream %q not found in %s", name, e.Region),
			e.didYouMean(ctx, name), ExitNotFound,
		}
	case service.Key:
		if code == service.CodeKeyDenied || code == service.CodeKeyOptIn {
			return Explanation{err.Error(), "the stream is encrypted: reading needs kms:Decrypt on its key, writing needs kms:GenerateDataKey", ExitDenied}
		}
	case service.Denied:
		return Explanation{err.Error(), accessHint(err), ExitDenied}
	case service.Throttled:
		return Explanation{err.Error(), "", ExitGaveUp}
	}
	return Explanation{err.Error(), "", ExitFailed}
}

// The permissions that reading and writing need.
const (
	readPermissions  = "kinesis:ListShards, kinesis:GetShardIterator and kinesis:GetRecords"
	writePermissions = "kinesis:PutRecords"
)

// accessHint names the permissions that the refused call needs.
func accessHint(err error) string {
	var op interface{ Operation() string }
	if !errors.As(err, &op) {
		return "reading needs " + readPermissions + " on the stream"
	}
	switch op.Operation() {
	case "PutRecords":
		return "writing needs " + writePermissions + " on the stream"
	case "ListStreams":
		return "this needs kinesis:ListStreams, which is for all streams: its resource is *"
	case "ListStreamConsumers", "RegisterStreamConsumer":
		return "this needs kinesis:" + op.Operation() + " on the stream"
	case "SubscribeToShard", "DescribeStreamConsumer", "DeregisterStreamConsumer":
		return "this needs kinesis:" + op.Operation() + " on the stream and on its consumers, STREAM-ARN/consumer/*"
	case "DescribeStreamSummary":
		return "allow kinesis:DescribeStreamSummary, which kin needs to find the stream's ARN, or give the ARN instead of the name"
	}
	return "reading needs " + readPermissions + " on the stream"
}

// reachHint returns a hint for a service that could not be reached. It is empty if the
// service returned an error code.
func reachHint(err error) string {
	var api smithy.APIError
	switch {
	case errors.As(err, &api):
		return ""
	case paging.IsEndless(err):
		return "this is not an answer of Kinesis: check --endpoint (AWS_ENDPOINT_URL_KINESIS)"
	case awsclient.IsCertificateError(err):
		return certificateHint
	}
	return "check the network, --region and --endpoint (AWS_ENDPOINT_URL_KINESIS)"
}

// SearchTime bounds the search for a stream with a similar name.
const SearchTime = 5 * time.Second

// didYouMean lists the account's streams and suggests the most similar name. If the list is
// not available within SearchTime, the hint lists what to check.
func (e *Explainer) didYouMean(ctx context.Context, name string) string {
	if e.Streams == nil || record.ParseStream(name).ARN != "" {
		return "check the ARN, and that --region and --endpoint are those of the stream"
	}
	ctx, cancel := context.WithTimeout(ctx, SearchTime)
	defer cancel()
	names, err := e.Streams(ctx)
	switch {
	case err != nil:
		return "check the name, --region and --endpoint"
	case len(names) == 0:
		return "there are no streams in " + e.Region + "; check --region and --endpoint"
	}
	found := fmt.Sprintf("kin found %d streams in %s", len(names), e.Region)
	if len(names) == 1 {
		found = "kin found 1 stream in " + e.Region
	}
	if slices.Contains(names, name) {
		return "ListStreams lists the stream: it is being created or deleted, or one of the two answers is wrong; try again"
	}
	if near := Nearest(name, names); near != "" {
		return fmt.Sprintf("did you mean %q? %s", near, found)
	}
	return found + "; check the name and --region"
}
