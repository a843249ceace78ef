package awsclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"kin/internal/service"
)

// Keys are an access key of one's own, in place of what the SDK would find.
type Keys struct {
	AccessKey, SecretKey string
	SessionToken         string // of temporary credentials
}

// Role is an IAM role to take on, with the credentials that are found or given.
type Role struct {
	ARN string
	// ExternalID is what the role's account asks for, SessionName what its log
	// will show.
	ExternalID, SessionName string
	// STSEndpoint is a URL; empty is AWS_ENDPOINT_URL_STS or the region's.
	STSEndpoint string
}

// CredentialsError means that no credentials could be found or that their source
// refused to give them.
type CredentialsError struct {
	Err    error
	Source Source
}

func (e *CredentialsError) Error() string { return "find credentials: " + e.Reason() }
func (e *CredentialsError) Unwrap() error { return e.Err }

// Brief is what a call that could not be signed came to.
func (e *CredentialsError) Brief() string { return "no AWS credentials: " + e.Reason() }

// Reason is what the source said, without the SDK's chain of prefixes where it is known.
func (e *CredentialsError) Reason() string {
	var known interface{ Brief() string }
	var process *ProcessError
	var answer *AnswerError
	var sent *smithyhttp.RequestSendError
	switch {
	case errors.As(e.Err, &known):
		return known.Brief()
	case errors.As(e.Err, &process):
		return process.Error()
	case errors.As(e.Err, &answer):
		return answer.Error()
	case IsForeignAnswer(e.Err):
		return "the answer did not come from the source of the credentials" + statusText(e.Err)
	case e.Source.Kind != NoSource && errors.As(e.Err, &sent) && !errors.Is(e.Err, context.DeadlineExceeded):
		return onTheWay(e.Err)
	case e.Source.Kind != NoSource && errors.Is(e.Err, context.DeadlineExceeded):
		return "the source of the credentials did not answer in time"
	}
	return printable(e.Err.Error())
}

// Unsent is true: without credentials nothing is sent.
func (e *CredentialsError) Unsent() bool { return true }

// Permanent reports whether the source will refuse again.
func (e *CredentialsError) Permanent() bool { return !mayPass(e.Err) }

// RoleError means that the role could not be taken on.
type RoleError struct {
	ARN    string
	Err    error
	Source Source // of the credentials that were to assume it
}

// Brief is what a call that could not be signed came to.
func (e *RoleError) Brief() string { return e.Error() }

// Unsent is true: without credentials nothing is sent.
func (e *RoleError) Unsent() bool { return true }

// Permanent reports whether STS will refuse again.
func (e *RoleError) Permanent() bool { return !mayPass(e.Err) }

// mayPass reports whether the failure of a source of credentials may be over later:
// it could not be reached, is overloaded, or gave a garbled answer. The end of a call's
// context says nothing of the source.
func mayPass(err error) bool {
	var (
		permanent interface{ Permanent() bool }
		api       smithy.APIError
		malformed *smithy.DeserializationError
		send      *smithyhttp.RequestSendError
		op        *net.OpError // not net.Error, which the errno of a missing file is
	)
	switch {
	case errors.As(err, &permanent):
		return !permanent.Permanent()
	case errors.As(err, &api):
		switch service.ClassOf(err) {
		case service.Throttled, service.Transient, service.Unanswered:
			return true
		}
		return false
	case errors.As(err, &malformed), isAnswerError(err), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, io.ErrUnexpectedEOF):
		return true
	}
	return errors.As(err, &send) || errors.As(err, &op)
}

func (e *RoleError) Error() string {
	var api smithy.APIError
	var known interface{ Brief() string }
	var answer *AnswerError
	switch {
	case errors.As(e.Err, &known):
		return fmt.Sprintf("assume role %s: %s", e.ARN, known.Brief())
	case errors.As(e.Err, &answer):
		return fmt.Sprintf("assume role %s: %s", e.ARN, answer)
	case IsForeignAnswer(e.Err):
		return fmt.Sprintf("assume role %s: the answer did not come from STS%s", e.ARN, statusText(e.Err))
	case errors.As(e.Err, &api):
		return fmt.Sprintf("assume role %s: %s: %s", e.ARN, api.ErrorCode(), api.ErrorMessage())
	case errors.Is(e.Err, context.DeadlineExceeded):
		return fmt.Sprintf("assume role %s: no answer in %s", e.ARN, roleTimeout)
	}
	return fmt.Sprintf("assume role %s: %s", e.ARN, onTheWay(e.Err))
}

// onTheWay is what happened to a call that got no answer, in one line.
func onTheWay(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		return printable(op.Error())
	}
	return printable(innermost(err))
}

// statusText is the HTTP status of an answer that is an error, in parentheses.
func statusText(err error) string {
	var answer *smithyhttp.ResponseError
	if errors.As(err, &answer) && answer.HTTPStatusCode() >= http.StatusBadRequest {
		return fmt.Sprintf(" (HTTP status %d)", answer.HTTPStatusCode())
	}
	return ""
}

func (e *RoleError) Unwrap() error { return e.Err }

const (
	// roleTimeout bounds one AssumeRole.
	roleTimeout = 30 * time.Second
	// renewBefore is how long before their end the credentials of a role are
	// renewed, so that clocks may differ and a call may take its time.
	renewBefore = time.Minute
)

// staticKeys makes the SDK use the given keys.
func staticKeys(k Keys) func(*config.LoadOptions) error {
	return config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(k.AccessKey, k.SecretKey, k.SessionToken))
}

// loadCredentials resolves the credentials anew: those that are found or given, or
// those of the role that is assumed with them. Errors are *ConfigError and
// *CredentialsError.
func loadCredentials(ctx context.Context, o Options, region string) (aws.CredentialsProvider, Source, error) {
	cfg, source, err := load(ctx, o)
	if err != nil {
		return nil, source, err
	}
	if cfg.Region == "" {
		cfg.Region = region
	}
	return credentialsOf(cfg, source, o.Role), source, nil
}

// credentialsOf are the credentials of a configuration, or those of the role, if it has
// an ARN, that is assumed with them.
func credentialsOf(cfg aws.Config, source Source, r Role) aws.CredentialsProvider {
	if r.ARN == "" {
		return cfg.Credentials
	}
	return assumeRole(cfg, source, r)
}

// assumeRole returns the role's credentials, which is assumed with those of the
// configuration. They are renewed for as long as they are in use. Failures that pass
// are retried by firstCredentials at the start, and by the loops around calls later.
func assumeRole(cfg aws.Config, source Source, r Role) aws.CredentialsProvider {
	base := cfg.Credentials
	cfg.Credentials = baseCredentials{base, source}
	client := sts.NewFromConfig(cfg, func(o *sts.Options) {
		o.HTTPClient = wholeBodies(cfg.HTTPClient)
		o.APIOptions = append(o.APIOptions, addRetries(nil))
		if r.STSEndpoint != "" {
			o.BaseEndpoint = aws.String(r.STSEndpoint)
		}
	})
	next := stscreds.NewAssumeRoleProvider(client, r.ARN, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = r.SessionName
		if r.ExternalID != "" {
			o.ExternalID = aws.String(r.ExternalID)
		}
	})
	return aws.NewCredentialsCache(roleProvider{r.ARN, source, next}, func(o *aws.CredentialsCacheOptions) {
		o.ExpiryWindow = renewBefore
	})
}

// baseCredentials tells credentials that cannot be found from a role that cannot be
// assumed.
type baseCredentials struct {
	next   aws.CredentialsProvider
	source Source
}

func (b baseCredentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := b.next.Retrieve(ctx)
	if err != nil {
		err = retrieveError(err, b.source)
	}
	return c, err
}

// roleProvider names the role in what goes wrong, in the middle of a run too.
type roleProvider struct {
	arn    string
	source Source // of the credentials that assume it
	next   aws.CredentialsProvider
}

func (p roleProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	ctx, cancel := context.WithTimeout(ctx, roleTimeout)
	defer cancel()
	c, err := p.next.Retrieve(ctx)
	var found *CredentialsError
	if errors.As(err, &found) {
		return c, found // without those there was no call
	}
	if err != nil {
		return c, &RoleError{p.arn, err, p.source}
	}
	return c, nil
}

// retrieveError is the error of credentials that could not be retrieved: without the
// words of the caches around it. It is a *RoleError or a *CredentialsError, also where a
// context ended: nothing was sent.
func retrieveError(err error, source Source) error {
	var role *RoleError
	var found *CredentialsError
	switch {
	case errors.As(err, &role):
		return role
	case errors.As(err, &found):
		return found
	}
	for strings.HasPrefix(err.Error(), "failed to refresh cached credentials, ") && errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return &CredentialsError{nameProxy(err), source}
}
