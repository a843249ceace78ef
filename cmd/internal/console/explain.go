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

// Explanation is an error as a person reads it and as a shell sees it.
type Explanation struct {
	Message string
	Hint    string // what to do next; may be empty
	Code    int
}

// The methods that Explain looks for in errors of the core packages, beside
// smithy.APIError.
type (
	// wrongUsage is a choice of options or files that makes no sense.
	wrongUsage interface {
		WrongUsage() bool
		Hint() string
	}
	// ofStream is an error about one stream. StreamName is as the user named it.
	ofStream interface{ StreamName() string }
	// GaveUp is the end of retrying.
	GaveUp interface{ GaveUp() bool }
	// unusable is a checkpoint that cannot be used; Hint says what to do.
	unusable interface {
		Unusable() bool
		Hint() string
	}
	// held is a resource that another run holds.
	held interface{ Held() bool }
	// notFound is an object that does not exist, when no API error says so.
	notFound interface {
		NotFound() bool
		Hint() string
	}
	// Advised is a failure that knows what to do next.
	Advised interface{ Hint() string }
)

// Explainer turns errors into what a person reads.
type Explainer struct {
	Region string // of the client
	// Streams lists the names of the account's streams; nil without a client.
	Streams func(context.Context) ([]string, error)
	// FlagOrigins adds to a hint where the flags in the message were set, if that was
	// not the command line. ConnectionOrigins does the same for region and endpoint.
	FlagOrigins, ConnectionOrigins func(message, hint string) string
}

// Explain turns an error into message, hint and exit code. It asks for error
// types and service error codes, never for texts.
func (e *Explainer) Explain(ctx context.Context, err error) Explanation {
	var (
		bad         *UsageError
		misused     wrongUsage
		condition   *ConditionError
		credentials *awsclient.CredentialsError
		role        *awsclient.RoleError
		config      *awsclient.ConfigError
		proxy       *awsclient.ProxyError
		api         smithy.APIError
		state       unusable
		other       held
		exhausted   GaveUp
		missing     notFound
		knowing     Advised
		path        *fs.PathError
	)
	text := err.Error()
	switch {
	case errors.As(err, &bad):
		return Explanation{bad.Message, e.FlagOrigins(bad.Message, bad.Hint), ExitUsage}
	case errors.As(err, &misused) && misused.WrongUsage():
		return Explanation{text, e.FlagOrigins(text, misused.Hint()), ExitUsage}
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
	case errors.As(err, &state) && state.Unusable():
		return Explanation{text, state.Hint(), ExitCheckpoint}
	case errors.As(err, &other) && other.Held():
		if errors.As(err, &knowing) {
			return Explanation{text, knowing.Hint(), ExitHeld}
		}
		return Explanation{text, "wait for that run to end, or give this one a checkpoint of its own", ExitHeld}
	case errors.As(err, &exhausted) && exhausted.GaveUp():
		if errors.As(err, &knowing) && knowing.Hint() != "" {
			return Explanation{text, knowing.Hint(), ExitGaveUp}
		}
		return Explanation{text, reachHint(err), ExitGaveUp}
	case errors.As(err, &missing) && missing.NotFound():
		return Explanation{text, missing.Hint(), ExitNotFound}
	case errors.As(err, &api):
		return e.explainAPI(ctx, err, api)
	case errors.As(err, &knowing):
		return Explanation{text, knowing.Hint(), ExitFailed}
	case errors.As(err, &path):
		return Explanation{fmt.Sprintf("%s %s: %s", path.Op, path.Path, path.Err), "", ExitFailed}
	}
	return Explanation{text, "", ExitFailed}
}

// afterRetries gives x the message and the code of the end of retries, if err is that.
func afterRetries(err error, x Explanation) Explanation {
	var exhausted GaveUp
	if errors.As(err, &exhausted) && exhausted.GaveUp() {
		x.Message, x.Code = err.Error(), ExitGaveUp
	}
	return x
}

// explainAPI explains an answer of the service by its error code.
func (e *Explainer) explainAPI(ctx context.Context, err error, api smithy.APIError) Explanation {
	if x, ok := explainRefused(err); ok {
		return x
	}
	name := ""
	var of ofStream
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
			return Explanation{err.Error(), "the stream is encrypted: its key needs kms:Decrypt for reading, kms:GenerateDataKey for writing", ExitDenied}
		}
	case service.Denied:
		return Explanation{err.Error(), accessHint(err), ExitDenied}
	case service.Throttled:
		return Explanation{err.Error(), "", ExitGaveUp}
	}
	return Explanation{err.Error(), "", ExitFailed}
}

// The smallest permissions for reading and for writing.
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
		return "kin finds a stream's ARN with kinesis:DescribeStreamSummary; with the ARN in place of the name it needs no such permission"
	}
	return "reading needs " + readPermissions + " on the stream"
}

// reachHint helps where the service could not be reached at all.
func reachHint(err error) string {
	var api smithy.APIError
	switch {
	case errors.As(err, &api):
		return ""
	case paging.IsEndless(err):
		return "Kinesis does not answer like this: check --endpoint (AWS_ENDPOINT_URL_KINESIS)"
	case awsclient.IsCertificateError(err):
		return certificateHint
	}
	return "check the network, --region and --endpoint (AWS_ENDPOINT_URL_KINESIS)"
}

// SearchTime bounds the search for a stream with a similar name.
const SearchTime = 5 * time.Second

// didYouMean lists the account's streams and names the nearest one. It is a
// courtesy: when the list cannot be had, the hint says how to get it.
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
		return "ListStreams lists it: it is being created or deleted, or the answer is wrong; try again"
	}
	if near := Nearest(name, names); near != "" {
		return fmt.Sprintf("did you mean %q? %s", near, found)
	}
	return found + "; check the name and --region"
}
