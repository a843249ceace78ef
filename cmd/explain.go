package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/agext/levenshtein"
	"github.com/aws/smithy-go"

	"kin/internal/awsclient"
	"kin/internal/paging"
	"kin/internal/record"
	"kin/survey"
)

// explanation is an error as a person reads it and as a shell sees it.
type explanation struct {
	message string
	hint    string // what to do next; may be empty
	code    int
}

// What explain asks of the errors of core packages, beside smithy.APIError.
type (
	// ofStream is an error of a call about one stream, which is named as the
	// user named it.
	ofStream interface{ StreamName() string }
	// gaveUp is the end of retrying.
	gaveUp interface{ GaveUp() bool }
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
	// advised is a failure that knows what to do next.
	advised interface{ Hint() string }
)

// report prints err, once, and returns the exit code. A run that a signal
// ended has nothing more to say.
func (e *env) report(ctx context.Context, err error) int {
	var silent silentError
	var sig SignalError
	switch {
	case err == nil, errors.Is(err, errStdoutClosed):
		return exitOK
	case errors.As(err, &silent):
		return silent.code
	case errors.As(err, &sig), errors.Is(err, context.Canceled) && errors.As(context.Cause(ctx), &sig):
		return sig.exitCode()
	}
	x := e.explain(ctx, err)
	e.printError(x)
	return x.code
}

// printError prints what went wrong, and what to do next.
func (e *env) printError(x explanation) {
	e.print(x.message)
	if x.hint != "" {
		e.print("hint: " + x.hint)
	}
}

// explain turns an error into message, hint and exit code. It asks for error
// types and service error codes, never for texts.
func (e *env) explain(ctx context.Context, err error) explanation {
	var (
		bad         *usageError
		condition   *conditionError
		credentials *awsclient.CredentialsError
		role        *awsclient.RoleError
		config      *awsclient.ConfigError
		proxy       *awsclient.ProxyError
		api         smithy.APIError
		state       unusable
		other       held
		exhausted   gaveUp
		missing     notFound
		knowing     advised
		path        *fs.PathError
	)
	text := err.Error()
	switch {
	case errors.As(err, &bad):
		return explanation{bad.message, e.withOrigins(bad.message, bad.hint), exitUsage}
	case errors.As(err, &condition):
		return explanation{condition.message, "", exitCondition}
	case errors.Is(err, awsclient.ErrNoRegion):
		return explanation{"no AWS region", "give --region, set AWS_REGION, or name the stream by its ARN", exitUsage}
	case errors.As(err, &proxy):
		return afterRetries(err, explanation{text, proxyHint(proxy), exitFailed})
	case errors.As(err, &role):
		return afterRetries(err, explainRole(err, role))
	case errors.As(err, &credentials):
		return afterRetries(err, explainCredentials(credentials))
	case errors.As(err, &config):
		return explanation{text, e.connectionOrigins(text, config.Hint()), exitUsage}
	case errors.As(err, &state) && state.Unusable():
		return explanation{text, state.Hint(), exitCheckpoint}
	case errors.As(err, &other) && other.Held():
		if errors.As(err, &knowing) {
			return explanation{text, knowing.Hint(), exitHeld}
		}
		return explanation{text, "wait for that run to end, or give this one a checkpoint of its own", exitHeld}
	case errors.As(err, &exhausted) && exhausted.GaveUp():
		if errors.As(err, &knowing) && knowing.Hint() != "" {
			return explanation{text, knowing.Hint(), exitGaveUp}
		}
		return explanation{text, e.reachHint(err), exitGaveUp}
	case errors.As(err, &missing) && missing.NotFound():
		return explanation{text, missing.Hint(), exitNotFound}
	case errors.As(err, &api):
		return e.explainAPI(ctx, err, api)
	case errors.As(err, &knowing):
		return explanation{text, knowing.Hint(), exitFailed}
	case errors.As(err, &path):
		return explanation{fmt.Sprintf("%s %s: %s", path.Op, path.Path, path.Err), "", exitFailed}
	}
	return explanation{text, "", exitFailed}
}

// afterRetries makes an explanation that of the end of retries, where err is one.
func afterRetries(err error, x explanation) explanation {
	var exhausted gaveUp
	if errors.As(err, &exhausted) && exhausted.GaveUp() {
		x.message, x.code = err.Error(), exitGaveUp
	}
	return x
}

// explainAPI explains an answer of the service by its error code.
func (e *env) explainAPI(ctx context.Context, err error, api smithy.APIError) explanation {
	if x, ok := explainRefused(err); ok {
		return x
	}
	name := ""
	var of ofStream
	if errors.As(err, &of) {
		name = of.StreamName()
	}
	switch api.ErrorCode() {
	case "ResourceNotFoundException":
		if name == "" {
			return explanation{err.Error(), "", exitNotFound}
		}
		return explanation{
			fmt.Sprintf("stream %q not found in %s", name, e.clientRegion),
			e.didYouMean(ctx, name), exitNotFound,
		}
	case "KMSAccessDeniedException", "KMSOptInRequired":
		return explanation{err.Error(), "the stream is encrypted: its key needs kms:Decrypt for reading, kms:GenerateDataKey for writing", exitDenied}
	case "AccessDeniedException", "OptInRequired":
		return explanation{err.Error(), accessHint(err), exitDenied}
	case "ProvisionedThroughputExceededException", "LimitExceededException", "KMSThrottlingException", "ThrottlingException":
		return explanation{err.Error(), "", exitGaveUp}
	}
	return explanation{err.Error(), "", exitFailed}
}

// permissions are what each command needs at least.
const (
	readPermissions  = "kinesis:ListShards, kinesis:GetShardIterator and kinesis:GetRecords"
	writePermissions = "kinesis:PutRecords"
)

// accessHint names the permissions that the refused call belongs to.
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
		return "a stream's ARN is found with kinesis:DescribeStreamSummary on it; give the ARN and it is not needed"
	}
	return "reading needs " + readPermissions + " on the stream"
}

// reachHint helps where the service could not be reached at all.
func (e *env) reachHint(err error) string {
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

// lookAround bounds the search for a stream with a similar name.
const lookAround = 5 * time.Second

// didYouMean lists the account's streams and names the nearest one. It is a
// courtesy: when the list cannot be had, the hint says how to get it.
func (e *env) didYouMean(ctx context.Context, name string) string {
	if e.client == nil || record.ParseStream(name).ARN != "" {
		return "check the ARN, and that --region and --endpoint are those of the stream"
	}
	ctx, cancel := context.WithTimeout(ctx, lookAround)
	defer cancel()
	names, err := survey.StreamNames(ctx, e.client)
	switch {
	case err != nil:
		return "check the name, --region and --endpoint"
	case len(names) == 0:
		return "there are no streams in " + e.clientRegion + "; check --region and --endpoint"
	}
	found := fmt.Sprintf("kin found %d streams in %s", len(names), e.clientRegion)
	if len(names) == 1 {
		found = "kin found 1 stream in " + e.clientRegion
	}
	if slices.Contains(names, name) {
		return "ListStreams has it: it is being created or deleted, or the answer is wrong; try again"
	}
	if near := nearest(name, names); near != "" {
		return fmt.Sprintf("did you mean %q? %s", near, found)
	}
	return found + "; check the name and --region"
}

// nearest returns the name that is most like the given one, or "" if none is
// near enough to be a slip of the fingers.
func nearest(name string, names []string) string {
	best, bestDistance := "", len(name)/3+2
	for _, n := range names {
		if d := levenshtein.Distance(strings.ToLower(name), strings.ToLower(n), nil); d < bestDistance {
			best, bestDistance = n, d
		}
	}
	return best
}
