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

// Keys are a given access key. They replace the credentials that the SDK would find.
type Keys struct {
	AccessKey, SecretKey string
	SessionToken         string // only for temporary credentials; else empty
}

// Role is an IAM role to assume with the given or the found credentials. Without an ARN no
// role is assumed.
type Role struct {
	ARN string
	// ExternalID is the external ID that the role's trust policy requires; empty if it
	// requires none. SessionName is the session's name in CloudTrail.
	ExternalID, SessionName string
	// STSEndpoint is a URL. Empty means AWS_ENDPOINT_URL_STS or the region's endpoint.
	STSEndpoint string
}

// CredentialsError means that no credentials were found or that their source gave none.
type CredentialsError struct {
	Err    error
	Source Source
}

func (e *CredentialsError) Error() string { return "find credentials: " + e.Reason() }
func (e *CredentialsError) Unwrap() error { return e.Err }

// Brief returns the error in one line, for a call that could not be signed.
func (e *CredentialsError) Brief() string { return "no AWS credentials: " + e.Reason() }

// Reason returns the source's error. For known errors it omits the SDK's prefixes.
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
		return networkError(e.Err)
	case e.Source.Kind != NoSource && errors.Is(e.Err, context.DeadlineExceeded):
		return "the source of the credentials did not answer in time"
	}
	return printable(e.Err.Error())
}

// Unsent is true: without credentials nothing is sent.
func (e *CredentialsError) Unsent() bool { return true }

// Permanent reports whether another attempt will fail too.
func (e *CredentialsError) Permanent() bool { return !isTransient(e.Err) }

// RoleError means that the role could not be assumed.
type RoleError struct {
	ARN    string
	Err    error
	Source Source // of the credentials that AssumeRole was signed with
}

// Brief returns the error in one line, for a call that could not be signed.
func (e *RoleError) Brief() string { return e.Error() }

// Unsent is true: without credentials nothing is sent.
func (e *RoleError) Unsent() bool { return true }

// Permanent reports whether another attempt will fail too.
func (e *RoleError) Permanent() bool { return !isTransient(e.Err) }

// isTransient reports whether another attempt at a source of credentials may succeed. That is
// so if the source could not be reached, is overloaded or gave a garbled answer. It is also so
// if the call's context ended: that is not the source's fault.
func isTransient(err error) bool {
	var (
		permanent interface{ Permanent() bool }
		api       smithy.APIError
		malformed *smithy.DeserializationError
		send      *smithyhttp.RequestSendError
		op        *net.OpError // not net.Error: the errno of a missing file is one
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
		return fmt.Sprintf("assume role %s: no answer within %s", e.ARN, roleTimeout)
	}
	return fmt.Sprintf("assume role %s: %s", e.ARN, networkError(e.Err))
}

// networkError returns in one line why a call got no answer.
func networkError(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		return printable(op.Error())
	}
	return printable(innermost(err))
}

// statusText returns the HTTP status of an error answer in parentheses, or "".
func statusText(err error) string {
	var answer *smithyhttp.ResponseError
	if errors.As(err, &answer) && answer.HTTPStatusCode() >= http.StatusBadRequest {
		return fmt.Sprintf(" (HTTP status %d)", answer.HTTPStatusCode())
	}
	return ""
}

func (e *RoleError) Unwrap() error { return e.Err }

const (
	// roleTimeout limits one AssumeRole call.
	roleTimeout = 30 * time.Second
	// renewBefore is the time before the expiration at which a role's credentials are
	// renewed. It allows for clocks that differ and for slow calls.
	renewBefore = time.Minute
)

// staticKeys makes the SDK use the given keys.
func staticKeys(k Keys) func(*config.LoadOptions) error {
	return config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(k.AccessKey, k.SecretKey, k.SessionToken))
}

// loadCredentials resolves the credentials again. If o has a role, they are the role's.
// region is used if the configuration names none. Errors are *ConfigError and
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

// credentialsOf returns the credentials of a configuration. If r has an ARN, it returns the
// credentials of that role, assumed with those of the configuration.
func credentialsOf(cfg aws.Config, source Source, r Role) aws.CredentialsProvider {
	if r.ARN == "" {
		return cfg.Credentials
	}
	return assumeRole(cfg, source, r)
}

// assumeRole returns the credentials of r, assumed with those of the configuration. They are
// renewed before they expire. At the start of a run firstCredentials retries transient
// failures; later the callers' retry loops do.
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

// baseCredentials are the credentials that a role is assumed with. Their failure is a
// *CredentialsError, so that it differs from a failed AssumeRole.
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

// roleProvider adds the role to errors of AssumeRole, at the start of a run and later.
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
		return c, found // AssumeRole was not called
	}
	if err != nil {
		return c, &RoleError{p.arn, err, p.source}
	}
	return c, nil
}

// retrieveError returns err, the error of a provider, as a *RoleError or a *CredentialsError.
// It removes the prefixes of the SDK's caches. The end of a context becomes one of the two as
// well, because nothing was sent.
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
