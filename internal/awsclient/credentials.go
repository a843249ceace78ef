package awsclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
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

// RoleError means that the role could not be taken on.
type RoleError struct {
	ARN string
	Err error
}

func (e *RoleError) Error() string {
	var api smithy.APIError
	switch {
	case errors.As(e.Err, &api):
		return fmt.Sprintf("assume role %s: %s: %s", e.ARN, api.ErrorCode(), api.ErrorMessage())
	case errors.Is(e.Err, context.DeadlineExceeded):
		return fmt.Sprintf("assume role %s: no answer in %s", e.ARN, roleTimeout)
	}
	return fmt.Sprintf("assume role %s: %s", e.ARN, e.Err)
}

func (e *RoleError) Unwrap() error { return e.Err }

const (
	// roleTimeout bounds one AssumeRole, the SDK's retries included.
	roleTimeout = 30 * time.Second
	// renewBefore is how long before their end the credentials of a role are
	// renewed, so that clocks may differ and a call may take its time.
	renewBefore = time.Minute
)

// staticKeys makes the SDK use the given keys.
func staticKeys(k Keys) func(*config.LoadOptions) error {
	return config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(k.AccessKey, k.SecretKey, k.SessionToken))
}

// useRole makes the configuration use the role's credentials, taken on with
// those it has. They are renewed for as long as the client is in use. STS is
// called as the SDK calls it, with retries: no loop of kin's is around it.
func useRole(cfg *aws.Config, r Role) {
	client := sts.NewFromConfig(*cfg, func(o *sts.Options) {
		o.HTTPClient = wholeBody{next: cfg.HTTPClient}
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
	cfg.Credentials = aws.NewCredentialsCache(roleProvider{r.ARN, next}, func(o *aws.CredentialsCacheOptions) {
		o.ExpiryWindow = renewBefore
	})
}

// roleProvider names the role in what goes wrong, in the middle of a run too.
type roleProvider struct {
	arn  string
	next aws.CredentialsProvider
}

func (p roleProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	ctx, cancel := context.WithTimeout(ctx, roleTimeout)
	defer cancel()
	c, err := p.next.Retrieve(ctx)
	if err != nil {
		return c, &RoleError{p.arn, err}
	}
	return c, nil
}
